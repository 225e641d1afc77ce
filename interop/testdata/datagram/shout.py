#!/usr/bin/env python3
import socket

s = socket.socket(fileno=0)
word, sender = s.recvfrom(1000)
s.sendto(word.upper(), sender)
# An empty datagram as well, so that the client need not wait for more.
s.sendto(b"", sender)
