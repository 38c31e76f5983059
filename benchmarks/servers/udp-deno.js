// Deno's own datagrams.
/* global Deno */
const socket = Deno.listenDatagram({ transport: 'udp', hostname: '127.0.0.1', port: 0 })
console.log(`listening on 127.0.0.1:${socket.addr.port}`)
const buffer = new Uint8Array(65536)
for (;;) {
  const [bytes, address] = await socket.receive(buffer)
  await socket.send(bytes, address)
}
