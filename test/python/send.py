"""Sends bytes given in hexadecimal, COUNT times, half-closes, and prints the answer. PORT HEX [COUNT]"""

import socket
import sys

with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as s:
    try:
        s.sendall(bytes.fromhex(sys.argv[2]) * int((sys.argv + [1])[3]))
        s.shutdown(socket.SHUT_WR)
        while data := s.recv(4096):
            sys.stdout.write(data.decode())
    except (BrokenPipeError, ConnectionResetError):
        pass  # the server has closed the connection
