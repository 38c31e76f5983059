// The test's own npm registry on loopback. It has only the packages that are published to it.
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { once } from 'node:events'
import { join } from 'node:path'

/** Serves from `folder`. Returns the address, and a function that ends it. */
export async function startRegistry(folder) {
  const { runServer } = createRequire(import.meta.url)('verdaccio')
  mkdirSync(folder, { recursive: true })
  const server = await runServer({
    configPath: join(folder, 'config.yaml'),
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: {},
    packages: { '**': { access: ['$all'], publish: ['$all'] } },
    log: { type: 'stdout', format: 'pretty', level: 'error' },
    self_path: folder,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
