// Deno's own sockets: a loop for each connection.
/* global Deno */
const [path] = Deno.args

async function serve(connection) {
  const buffer = new Uint8Array(64 * 1024)
  try {
    if (path === undefined) connection.setNoDelay(true)
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      for (let sent = 0; sent < count;) sent += await connection.write(buffer.subarray(sent, count))
    }
  } catch {
    // The client is gone.
  } finally {
    connection.close()
  }
}

const server =
  path === undefined ? Deno.listen({ hostname: '127.0.0.1', port: 0 }) : Deno.listen({ transport: 'unix', path })
console.log(`listening on ${path ?? `127.0.0.1:${server.addr.port}`}`)
for await (const connection of server) void serve(connection)
