"""Python's socket: recv and sendall, a thread for each client."""
import socket
import sys
import threading


def serve(client):
    with client:
        if client.family == socket.AF_INET:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while data := client.recv(65536):
                client.sendall(data)
        except OSError:
            pass  # the client is gone


path = sys.argv[1] if len(sys.argv) > 1 else None
if path is None:
    server = socket.create_server(("127.0.0.1", 0), backlog=4096)
    host, port = server.getsockname()
    print(f"listening on {host}:{port}", flush=True)
else:
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(4096)
    print(f"listening on {path}", flush=True)
while True:
    client, _ = server.accept()
    threading.Thread(target=serve, args=(client,), daemon=True).start()
