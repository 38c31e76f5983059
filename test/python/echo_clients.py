"""Clients of an echo server, all at once: each sends its own lines and wants them back in turn."""

import asyncio
import sys


async def client(port, name):
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    for i in range(20):
        line = f'{name} {i} '.encode() * 500 + b'\n'
        writer.write(line)
        echoed = await reader.readexactly(len(line))
        assert echoed == line, (name, i)
    writer.write_eof()
    assert await reader.read() == b''
    writer.close()


async def main():
    port, count = map(int, sys.argv[1:])
    await asyncio.gather(*(client(port, f'client {i}') for i in range(count)))
    print(f'{count} clients served')


asyncio.run(main())
