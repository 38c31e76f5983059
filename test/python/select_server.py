"""Echoes to all of its clients at once, with select: the counterpart of howto-select."""

import select
import socket
import sys

server = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=5)
server.setblocking(False)
print('listening on %s:%d' % server.getsockname(), flush=True)
clients = {}
while True:
    owed = [client for client, data in clients.items() if data]
    idle = [client for client, data in clients.items() if not data]
    readable, writable, _ = select.select([server, *idle], owed, [], 60)
    for s in readable:
        if s is server:
            client, _ = server.accept()
            client.setblocking(False)
            clients[client] = b''
        elif data := s.recv(2048):
            clients[s] = data
        else:
            del clients[s]
            s.close()
    for s in writable:
        clients[s] = clients[s][s.send(clients[s]) :]
