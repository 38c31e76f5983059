"""Connects, prints that, and then waits until it is killed. With READ it reads first."""

import socket
import sys

with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as s:
    print('connected', flush=True)
    while sys.argv[2:] == ['READ'] and s.recv(1024):
        print('received', flush=True)
    sys.stdin.read()
