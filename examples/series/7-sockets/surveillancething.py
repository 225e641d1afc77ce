#!/usr/bin/env python3
"""Keeps what the connection sends as a dated picture in the store.

R1   The name has one-second steps: pictures of the same second replace each
     other. The hour that a clock change repeats does too, by local time.
R2   A sender that is killed half way looks like one that has finished, and half
     a picture stays under its final name.
R3   An empty connection (a port scan, a health check) makes an empty .jpg.
R4   The final name is there from the first byte on: whoever looks sees a picture
     that is not whole. Nothing is flushed to the disk.
R5   The whole picture is in memory, without a limit.
R6   No timeout: 64 silent clients (MaxConnections=) lock everybody out.
R7   Anybody may send: no password, no encryption, all interfaces, and with no
     User= all of this runs as root.
R8   Any bytes become a .jpg. The sender is never told that they have arrived.
R9   Nothing is ever deleted. Failed instances stay listed, because the service
     has no CollectMode=inactive-or-failed.
R12  The name is the time of arrival here, not of the picture, and does not say
     which camera. A success leaves no line in the log.

`wakesock demo` has a receiver without R1 to R6, R8 and R9's second half.
"""
import os
import sys
import time

store = os.environ.get("STORE", "store")
os.makedirs(store, exist_ok=True)

name = time.strftime("%Y_%m_%d_%H_%M_%S") + ".jpg"
with open(os.path.join(store, name), "wb") as f:
    f.write(sys.stdin.buffer.read())
