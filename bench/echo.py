"""Answers one line in upper case: what a first socket-activated script looks like."""
import sys

sys.stdout.write(sys.stdin.readline().strip().upper() + "\r\n")
