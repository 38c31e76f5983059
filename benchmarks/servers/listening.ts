import type { AddressInfo } from 'node:net'

/** Says where a server listens, as all servers here do. */
export function listening(address: object | string | null): void {
  const { address: host, port } = address as AddressInfo
  console.log(`listening on ${host}:${port}`)
}
