"""Python's asyncio at its fastest: a Protocol, whose method gets the bytes, and no streams."""
import asyncio
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def main():
    loop = asyncio.get_running_loop()
    if len(sys.argv) > 1:
        server = await loop.create_unix_server(Echo, sys.argv[1], backlog=4096)
        print(f"listening on {sys.argv[1]}", flush=True)
    else:
        server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=4096)
        host, port = server.sockets[0].getsockname()
        print(f"listening on {host}:{port}", flush=True)
    await server.serve_forever()


asyncio.run(main())
