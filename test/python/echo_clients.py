"""Clients of an echo server, all at once: each sends its own lines and expects them back. PORT COUNT [HOST]"""

import asyncio
import sys


async def client(host, port, name):
    reader, writer = await asyncio.open_connection(host, port)
    for i in range(5):
        line = f'{name} {i} '.encode() * 500 + b'\n'
        writer.write(line)
        echoed = await reader.readexactly(len(line))
        assert echoed == line, (name, i)
    writer.write_eof()
    assert await reader.read() == b''
    writer.close()


async def main():
    port, count = map(int, sys.argv[1:3])
    host = sys.argv[3] if len(sys.argv) > 3 else '127.0.0.1'
    await asyncio.gather(*(client(host, port, f'client {i}') for i in range(count)))
    print(f'{count} clients served')


asyncio.run(main())
