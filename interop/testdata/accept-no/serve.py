#!/usr/bin/env python3
"""Answers one connection on whichever socket it comes, and ends."""
import os
import select
import socket

n = int(os.environ["LISTEN_FDS"])
names = os.environ["LISTEN_FDNAMES"].split(":")
listening = {3 + i: socket.socket(fileno=3 + i) for i in range(n)}
ready, _, _ = select.select(list(listening), [], [])
c, _ = listening[ready[0]].accept()
c.sendall(f"""LISTEN_FDS={n} names={sorted(names)} came by {names[ready[0] - 3]}
LISTEN_PID is mine: {int(os.environ["LISTEN_PID"]) == os.getpid()}
inheritable: {sorted({os.get_inheritable(fd) for fd in listening})} blocking: {sorted({os.get_blocking(fd) for fd in listening})}
stdin is {os.readlink("/proc/self/fd/0")}, open: {sorted(int(x) for x in os.listdir("/proc/self/fd") if int(x) < 10)[:5]}
""".encode())
c.close()
