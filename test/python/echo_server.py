"""An echo server on asyncio: the counterpart of echo-loop."""

import asyncio
import sys


async def echo(reader, writer):
    host, port = writer.get_extra_info('peername')
    print(f'Connection from {host}:{port}', flush=True)
    while data := await reader.read(1024):
        writer.write(data)
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(echo, '127.0.0.1', int(sys.argv[1]), reuse_address=True)
    host, port = server.sockets[0].getsockname()
    print(f'listening on {host}:{port}', flush=True)
    await server.serve_forever()


asyncio.run(main())
