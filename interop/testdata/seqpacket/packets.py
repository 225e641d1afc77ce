#!/usr/bin/env python3
"""Answers each packet by itself, on the connection or on the first one that comes."""
import os
import socket

s = socket.socket(fileno=3 if "LISTEN_FDS" in os.environ else 0)
if "LISTEN_FDS" in os.environ:
    s = s.accept()[0]
while packet := s.recv(100):
    s.send(packet.upper())
