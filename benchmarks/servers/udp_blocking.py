"""Python's socket: a call each way for each datagram."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
server.bind(("127.0.0.1", 0))
host, port = server.getsockname()
print(f"listening on {host}:{port}", flush=True)
while True:
    data, address = server.recvfrom(65535)
    server.sendto(data, address)
