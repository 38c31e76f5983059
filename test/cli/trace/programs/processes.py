# A process and two that it has forked: one answers on a socket pair, the other sends a datagram.
import os
import socket

here, there = socket.socketpair()
mailbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mailbox.bind(('127.0.0.1', 0))

if os.fork() == 0:
    here.close()
    there.recv(100)
    there.sendall(b'answer')
    os._exit(0)
there.close()
here.sendall(b'question')
while here.recv(100):
    pass

if os.fork() == 0:
    here.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b'datagram', mailbox.getsockname())
    os._exit(0)
mailbox.recvfrom(100)
here.close()
mailbox.close()
os.wait()
os.wait()
