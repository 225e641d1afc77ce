#!/usr/bin/env python3
"""Keeps what the connection sends as test.pdf in the store ($STORE, or ./store).

R5   All of it is in memory before the first byte is written, and nothing limits
     how much that is.
R6   A client that never ends its side keeps this process for ever.
R11  One name for all: each transfer replaces the last one, and two at the same
     time cut each other short.
"""
import os
import sys

store = os.environ.get("STORE", "store")
os.makedirs(store, exist_ok=True)

with open(os.path.join(store, "test.pdf"), "wb") as f:
    f.write(sys.stdin.buffer.read())
