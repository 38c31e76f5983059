import type { AddressInfo } from 'node:net'

const path = process.argv[2]

/** The options of `listen` for `net` and the reactor: the Unix path of the command line, or any TCP port. */
export const place: { port: number; host: string; backlog: number } | { path: string; backlog: number } =
  path === undefined ? { port: 0, host: '127.0.0.1', backlog: 4096 } : { path, backlog: 4096 }

/** Prints where a server listens, as all servers here do. */
export function listening(address: object | string | null): void {
  if (typeof address === 'string') return console.log(`listening on ${address}`)
  const { address: host, port, path } = address as AddressInfo & { path?: string }
  console.log(`listening on ${path ?? `${host}:${port}`}`)
}
