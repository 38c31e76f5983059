"""Connects, sends, and resets: with an SO_LINGER of 0 seconds, close sends RST."""

import socket
import struct
import sys

with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.sendall(b'x' * 100_000)
