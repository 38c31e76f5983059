// Services and protocols by name and number, from the C library's databases. services(5), protocols(5)
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
 * The port of a service, for a protocol (`'tcp'`, `'udp'`) or for any. getservbyname(3)
 *
 * @throws GaiError
 */
export const getservbyname = (name: string, protocol: string | null = null): number =>
  found<number>(native.getservbyname(name, protocol), 'getservbyname', name)

/**
 * The service of a port, for a protocol (`'tcp'`, `'udp'`) or for any. getservbyport(3)
 *
 * @throws GaiError
 */
export const getservbyport = (port: number, protocol: string | null = null): string =>
  found<string>(native.getservbyport(checkInteger('port', port, 0, 65535), protocol), 'getservbyport', String(port))

/**
 * The number of a protocol, what goes into a Socket's third argument: that of `'icmp'` is IPPROTO_ICMP. getprotobyname(3)
 *
 * @throws GaiError
 */
export const getprotobyname = (name: string): number =>
  found<number>(native.getprotobyname(name), 'getprotobyname', name)
