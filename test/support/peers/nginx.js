// Two proxies in front of nginx, one made with our streams and one with splice: pages, a big file, an upload, many clients at once.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createConnection, createServer } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'
import { fetch } from 'undici'
import { find, withFolder, withServer } from './server.js'

export const program = () => find('nginx')

const digest = bytes => createHash('sha256').update(bytes).digest('hex')

async function freePort() {
  const socket = await createServer(['127.0.0.1', 0])
  const { port } = socket.getsockname()
  socket.close()
  return port
}

/** Carries each connection to `port` and back. */
async function proxy(server, port) {
  for await (const [client] of server.connections()) {
    const upstream = await createConnection(['127.0.0.1', port])
    const [near, far] = [client, upstream].map(socket => toDuplex(socket, { allowHalfOpen: true }))
    for (const direction of [pipeline(near, far), pipeline(far, near)]) direction.catch(() => undefined) // theirs to close
  }
}

const configuration = (folder, port) => `
  daemon off;
  pid ${folder}/pid;
  error_log stderr;
  events {}
  http {
    access_log off;
    client_max_body_size 0;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    server {
      listen 127.0.0.1:${port};
      root ${folder};
      location /hello { return 200 "hello from nginx"; }
      location /length { proxy_pass http://127.0.0.1:${port}/answer; }
      location /answer { return 200 "$content_length"; }
    }
  }`

export const run = command =>
  withFolder(async folder => {
    const port = await freePort()
    const file = join(folder, 'nginx.conf')
    writeFileSync(file, configuration(folder, port))
    const big = randomBytes(32 << 20)
    writeFileSync(join(folder, 'big'), big)
    const ready = async () => (await createConnection(['127.0.0.1', port])).close()
    await withServer([command, '-e', 'stderr', '-p', folder, '-c', file], ready, async () => {
      const server = await createServer(['127.0.0.1', 0])
      const serving = proxy(server, port)
      const url = `http://127.0.0.1:${server.getsockname().port}`
      const get = async path => Buffer.from(await (await fetch(url + path)).arrayBuffer())
      assert.equal(String(await get('/hello')), 'hello from nginx')
      assert.equal(digest(await get('/big')), digest(big))
      const uploaded = await fetch(`${url}/length`, { method: 'POST', body: big })
      assert.equal(await uploaded.text(), String(big.length))
      const answers = await Promise.all(Array.from({ length: 200 }, () => get('/hello')))
      assert.ok(answers.every(answer => String(answer) === 'hello from nginx'))
      assert.equal((await fetch(`${url}/none`)).status, 404)
      server.close()
      await serving
    })
  })
