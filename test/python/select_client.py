"""Connects without blocking, waits with select, and exchanges a message: the counterpart of `howto-select client`."""

import select
import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setblocking(False)
print('connect', s.connect_ex(('127.0.0.1', int(sys.argv[1]))) != 0)
_, writable, _ = select.select([], [s], [], 10)
print('writable', writable == [s], s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
s.sendall(b'hello, select')
s.shutdown(socket.SHUT_WR)
while True:
    select.select([s], [], [], 10)
    data = s.recv(2048)
    if not data:
        break
    print('Received', repr(data.decode()))
