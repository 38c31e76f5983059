"""Receives one message to its end and sends it back: the counterpart of echo-message."""

import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.bind(('127.0.0.1', int(sys.argv[1])))
    server.listen(10)
    print('listening on %s:%d' % server.getsockname(), flush=True)
    while True:
        client, address = server.accept()
        print('New connection from %s:%d' % address, flush=True)
        chunks = []
        while data := client.recv(2048):
            chunks.append(data)
        client.sendall(b''.join(chunks))
        client.close()
