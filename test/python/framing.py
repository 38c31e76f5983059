"""Four ways to mark the end of a message: the counterpart of framing. `framing.py server|client HOW PORT`."""

import socket
import struct
import sys
import time

role, how, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
MESSAGES = ['hello', 'and goodbye', 'end']


def frame(message):
    if how == 'fixed':
        return message.ljust(16)
    if how == 'delimiter':
        return message + b'\n'
    if how == 'length':
        return struct.pack('!I', len(message)) + message
    return message


def receive(s):
    f = s.makefile('rb')
    if how == 'fixed':
        while message := f.read(16):
            yield message.decode().rstrip()
    elif how == 'delimiter':
        for line in f:
            yield line.decode().rstrip('\n')
    elif how == 'length':
        while head := f.read(4):
            yield f.read(struct.unpack('!I', head)[0]).decode()
    else:
        yield f.read().decode()


def ask(messages):
    with socket.create_connection(('127.0.0.1', port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b''.join(frame(message.encode()) for message in messages)
        # The pieces end within a message, within a length, and after the first bytes of the next message.
        for start in range(0, len(data), 3):
            s.sendall(data[start : start + 3])
            time.sleep(0.001)
        s.shutdown(socket.SHUT_WR)
        for message in receive(s):
            print(f"Received '{message}'")


if role == 'client':
    if how == 'shutdown':
        for message in MESSAGES:
            ask([message])
    else:
        ask(MESSAGES)
else:
    server = socket.create_server(('127.0.0.1', port))
    print('listening on %s:%d' % server.getsockname(), flush=True)
    while True:
        client, _ = server.accept()
        for message in receive(client):
            print(f"Received '{message}'", flush=True)
            client.sendall(frame(message.upper().encode()))
        client.close()
