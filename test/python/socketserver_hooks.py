"""Acts in one hook of a socketserver and prints the result, a line of JSON for each case on standard input."""

import json
import socket
import socketserver
import sys
import threading


def play(case):
    events = []
    hook, action = case["hook"], case["action"]

    class Failure(Exception):
        pass

    def step(name, server, request):
        events.append(name)
        if name != hook or action in ("nothing", "refuse"):
            return
        if action == "throw":
            raise Failure(name)
        if action == "close":
            request.close()
        if action == "shutdown":
            request.shutdown(socket.SHUT_RDWR)
        if action == "serverClose":
            server.server_close()

    class Handler(socketserver.StreamRequestHandler):
        wbufsize = case["buffer"]

        def setup(self):
            step("setup", self.server, self.request)
            super().setup()

        def handle(self):
            self.wfile.write(self.rfile.readline())
            step("handle", self.server, self.request)

        def finish(self):
            step("finish", self.server, self.request)
            super().finish()

    class Server(socketserver.TCPServer):
        timeout = 0.05 if case["way"] == "timeout" else None

        def verify_request(self, request, client_address):
            step("verifyRequest", self, request)
            return not (hook == "verifyRequest" and action == "refuse")

        def process_request(self, request, client_address):
            step("processRequest", self, request)
            super().process_request(request, client_address)

        def finish_request(self, request, client_address):
            step("finishRequest", self, request)
            super().finish_request(request, client_address)

        def shutdown_request(self, request):
            step("shutdownRequest", self, request)
            super().shutdown_request(request)

        def close_request(self, request):
            step("closeRequest", self, request)
            super().close_request(request)

        def handle_error(self, request, client_address):
            step("handleError", self, request)

        def service_actions(self):
            step("serviceActions", self, None)

        def handle_timeout(self):
            step("handleTimeout", self, None)

    server = Server(("127.0.0.1", 0), Handler)
    address = server.server_address
    client = None
    if case["way"] != "timeout":
        client = socket.create_connection(address)
        client.settimeout(5)
        client.sendall(b"hello\n")
    raised = False

    def run():
        nonlocal raised
        try:
            server.serve_forever(0.01) if case["way"] == "serve" else server.handle_request()
        except Failure:
            raised = True

    thread = threading.Thread(target=run)
    thread.start()
    if case["way"] != "serve":
        thread.join()
    got = None
    if client is not None:
        got = ""
        try:
            while data := client.recv(100):
                got += data.decode()
        except OSError:
            got = "error"
    if case["way"] == "serve":
        server.shutdown()
        thread.join()
    closed = server.fileno() < 0
    once = [name for i, name in enumerate(events) if name != "serviceActions" or name not in events[:i]]
    # A second request, if the server still listens.
    again = None
    if client is not None and not closed and case["way"] == "handle":
        hook = None
        other = socket.create_connection(address)
        other.sendall(b"again\n")
        server.handle_request()
        again = other.recv(100).decode()
        other.close()
    server.server_close()
    if client is not None:
        client.close()
    return {"events": once, "raised": raised, "got": got, "closed": closed, "again": again}


for line in sys.stdin:
    print(json.dumps(play(json.loads(line))), flush=True)
