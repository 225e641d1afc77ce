"""Sends three packets to a SEQPACKET socket and prints the packets it gets."""
import socket
import sys

s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
for word in b"one", b"two", b"three":
    s.send(word)
s.shutdown(socket.SHUT_WR)
while packet := s.recv(100):
    print(packet)
