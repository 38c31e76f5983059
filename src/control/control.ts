// Control messages: the ancillary data of a message. cmsg(3)
import { AF_INET } from '../constants.js'
import { rows } from './messages.js'
import type { ControlMeaning, SendableMeaning } from './messages.js'
import { bytesOf, viewed } from '../data.js'
import type { Data } from '../data.js'
import { checkInteger, invalidType, invalidValue } from '../checks.js'
import { dataView, field, read, sizeOf, write } from '../syscalls/layout.js'
import type { View } from '../syscalls/native.js'
import { CMSG_LEN, CMSG_SPACE } from '../syscalls/index.js'

/** A control message in its raw form: the level and type say what its data are. cmsg(3) */
export interface RawControlMessage {
  /** SOL_SOCKET, IPPROTO_IP… */
  level: number
  /** SCM_RIGHTS, IP_TTL… */
  type: number
  /** The bytes of the value. */
  data: Buffer
}

/** A received control message. If it is a known one, one more property has its value. */
export interface ControlMessage extends RawControlMessage, ControlMeaning {}

/** A control message to send: any by its bytes, or known ones by their values. */
export type OutgoingControl =
  | {
      /** SOL_SOCKET, IPPROTO_IP… */
      level: number
      /** SCM_RIGHTS, IP_TTL… */
      type: number
      /** The bytes of the value. */
      data: Data
    }
  | SendableMeaning

const lengthField = field('cmsghdr.cmsg_len')
const levelField = field('cmsghdr.cmsg_level')
const typeField = field('cmsghdr.cmsg_type')
const headerSize = CMSG_LEN(0)
const alignment = CMSG_SPACE(1) - CMSG_SPACE(0)

/** The messages in the first `length` bytes. Nothing outside these is read, whatever a message says of its length. */
export function splitControl(view: View, length?: number): RawControlMessage[] {
  const { buffer, byteOffset, byteLength } = viewed('view', view)
  const given = length === undefined ? byteLength : checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER)
  const bytes = Buffer.from(buffer, byteOffset, Math.min(given, byteLength))
  const messages: RawControlMessage[] = []
  for (let at = 0; at + headerSize <= bytes.length;) {
    const header = dataView(bytes.subarray(at, at + headerSize))
    const size = read(header, lengthField)
    if (size < headerSize) break
    const end = Math.min(at + size, bytes.length)
    messages.push({
      level: read(header, levelField),
      type: read(header, typeField),
      data: bytes.subarray(at + headerSize, end),
    })
    at += Math.ceil(size / alignment) * alignment
  }
  return messages
}

/**
 * Decodes the control messages that recvmsg put into the first `length` bytes. Their data share this memory. Call it once for each
 * received message: the result owns the descriptors among them. cmsg(3)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export function decodeControl(view: View, length?: number): ControlMessage[] {
  return splitControl(view, length).map(message => {
    for (const { key, level, type, read } of rows) {
      const value = level === message.level && type === message.type ? read?.(message.data) : undefined
      if (value !== undefined) return { ...message, [key]: value }
    }
    return message
  })
}

let prepared = false

/** Loads what decodes control messages, before descriptors arrive, which may leave none to load it with. */
export function prepareControl(): void {
  if (prepared) return
  decodeControl(encodeControl([{ level: 0, type: 0, data: new Uint8Array() }])!)
  prepared = true
}

/** Closes the descriptors of received control messages that nobody will read. */
export function closeDescriptors(control: readonly ControlMessage[]): void {
  for (const { fds = [], pidFd } of control) for (const fd of pidFd === undefined ? fds : [pidFd]) fd.close()
}

/** The level, type and data of each message of an entry. */
function* expanded(entry: OutgoingControl, family: number): Generator<readonly [number, number, Uint8Array]> {
  if (typeof entry !== 'object' || entry === null) throw invalidType('control', entry, 'an array of objects')
  if ('data' in entry) {
    const level = checkInteger('level', entry.level, -(2 ** 31), 2 ** 31 - 1)
    yield [level, checkInteger('type', entry.type, -(2 ** 31), 2 ** 31 - 1), viewed('data', bytesOf(entry.data))]
    return
  }
  for (const [key, value] of Object.entries(entry) as [string, unknown][]) {
    if (value === undefined) continue
    const row = rows.find(row => row.key === key && row.write && (row.sends?.(value as never, family) ?? true))
    if (!row?.write) throw invalidValue('control', key, 'cannot be sent over a socket of this family')
    yield [row.level, row.type, viewed(key, row.write(value as never))]
  }
}

/**
 * Encodes control messages for sendmsg; null if there are none. `family` is the socket's: it decides the level and type of `ttl`
 * and `tos`. cmsg(3)
 *
 * @throws TypeError or RangeError that names the property; SocketError ENODEV for an interface's name that none has
 */
export function encodeControl(control: readonly OutgoingControl[], family: number = AF_INET): Buffer | null {
  if (!Array.isArray(control)) throw invalidType('control', control, 'an array')
  if (control.length === 0) return null // checked first, since a batch calls this for each of its messages
  const messages = (control as readonly OutgoingControl[]).flatMap(entry => [...expanded(entry, family)])
  if (messages.length === 0) return null
  const bytes = Buffer.alloc(messages.reduce((sum, [, , data]) => sum + CMSG_SPACE(data.byteLength), 0))
  let at = 0
  for (const [level, type, data] of messages) {
    const header = dataView(bytes.subarray(at, at + sizeOf('cmsghdr')))
    write(header, lengthField, CMSG_LEN(data.byteLength))
    write(header, levelField, level)
    write(header, typeField, type)
    bytes.set(data, at + headerSize)
    at += CMSG_SPACE(data.byteLength)
  }
  return bytes
}
