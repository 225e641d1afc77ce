#!/usr/bin/env python3
"""Answers one line in capitals. The connection is standard input and output.

R10  A first line of "#!/usr/bin/python" finds nothing on a current Debian: the
     service fails with 203/EXEC and the client sees the connection close.
"""
import sys

line = sys.stdin.readline().strip()
sys.stdout.write(line.upper() + "\r\n")
