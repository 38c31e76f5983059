"""Python's socketserver: a thread for each client."""
import socket
import socketserver


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 4096

    def handle_error(self, request, client_address):
        pass  # the client is gone


with Server(("127.0.0.1", 0), Handler) as server:
    host, port = server.server_address
    print(f"listening on {host}:{port}", flush=True)
    server.serve_forever()
