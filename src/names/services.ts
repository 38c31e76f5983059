// Lookups of services and protocols in the C library's databases. services(5), protocols(5)
import { constants } from 'node:os'
import { EAI_NONAME } from '../constants.js'
import { checkInteger } from '../checks.js'
import { GaiError, socketError } from '../errors.js'
import { call } from '../syscalls/native.js'

const native = {
  getprotobyname: call<(name: string) => number>('getprotobyname'),
  getservbyname: call<(name: string, protocol: string | null) => number>('getservbyname'),
  getservbyport: call<(port: number, protocol: string | null) => string | number>('getservbyport'),
}

function found<Result>(result: Result | number, syscall: string, name: string): Result {
  if (typeof result !== 'number' || result >= 0) return result as Result
  if (result === -constants.errno.ENOENT) throw new GaiError('EAI_NONAME', EAI_NONAME, syscall, name)
  throw socketError(result, syscall)
}

/**
 * Looks up the port of a service, of one protocol (`'tcp'`, `'udp'`) or of any. getservbyname(3)
 *
 * @throws GaiError
 */
export const getservbyname = (name: string, protocol: string | null = null): number =>
  found<number>(native.getservbyname(name, protocol), 'getservbyname', name)

/**
 * Looks up the service of a port, of one protocol (`'tcp'`, `'udp'`) or of any. getservbyport(3)
 *
 * @throws GaiError
 */
export const getservbyport = (port: number, protocol: string | null = null): string =>
  found<string>(native.getservbyport(checkInteger('port', port, 0, 65535), protocol), 'getservbyport', String(port))

/**
 * Looks up the number of a protocol, for a Socket's third argument: `'icmp'` gives IPPROTO_ICMP. getprotobyname(3)
 *
 * @throws GaiError
 */
export const getprotobyname = (name: string): number =>
  found<number>(native.getprotobyname(name), 'getprotobyname', name)
