"""Sends a megabyte to an echo server and exits 0 if exactly that comes back: echo_client.py HOST PORT | PATH."""

import os
import socket
import sys
import threading

if len(sys.argv) == 2:
    client = socket.socket(socket.AF_UNIX)
    client.connect(sys.argv[1])
else:
    client = socket.create_connection((sys.argv[1], int(sys.argv[2])))

sent = os.urandom(1 << 20)


def send():
    client.sendall(sent)
    client.shutdown(socket.SHUT_WR)


threading.Thread(target=send).start()
received = b"".join(iter(lambda: client.recv(65536), b""))
sys.exit(received != sent)
