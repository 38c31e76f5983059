"""Messages of a fixed length: the counterpart of my-socket. `my_socket.py server PORT` or `my_socket.py client PORT`."""

import socket
import sys

MSGLEN = 4096


class MySocket:
    def __init__(self, sock=None):
        self.sock = sock or socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def connect(self, host, port):
        self.sock.connect((host, port))

    def mysend(self, message):
        total = 0
        while total < MSGLEN:
            sent = self.sock.send(message[total:])
            if sent == 0:
                raise RuntimeError('socket connection broken')
            total += sent

    def myreceive(self):
        chunks = []
        received = 0
        while received < MSGLEN:
            chunk = self.sock.recv(min(MSGLEN - received, 2048))
            if chunk == b'':
                raise RuntimeError('socket connection broken')
            chunks.append(chunk)
            received += len(chunk)
        return b''.join(chunks)


role, port = sys.argv[1], int(sys.argv[2])
if role == 'client':
    s = MySocket()
    s.connect('localhost', port)
    for text in 'a message', 'and another':
        s.mysend(text.encode().ljust(MSGLEN))
        print('Received', repr(s.myreceive().decode().rstrip()))
else:
    server = socket.create_server(('127.0.0.1', port), backlog=5)
    print('listening on %s:%d' % server.getsockname(), flush=True)
    while True:
        client, _ = server.accept()
        s = MySocket(client)
        try:
            while True:
                s.mysend(s.myreceive().upper())
        except RuntimeError as error:
            print(error, flush=True)
        client.close()
