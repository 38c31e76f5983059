"""Sends one message, half-closes, and prints the answer: the counterpart of echo-message-client."""

import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect(('127.0.0.1', int(sys.argv[1])))
    s.sendall(b'Hello, world')
    s.shutdown(socket.SHUT_WR)
    chunks = []
    while data := s.recv(2048):
        chunks.append(data)
    print('Received', repr(b''.join(chunks).decode()))
