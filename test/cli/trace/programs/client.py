import socket
import sys

with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as client:
    client.sendall(b'from Python')
    client.shutdown(socket.SHUT_WR)
    while client.recv(100):
        pass
