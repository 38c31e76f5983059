// The process at the other end of a Unix socket.
import { SOL_LOCAL } from '../constants.js'
import { number } from '../structs/fields.js'
import { dataView, field, read, sizeOf } from '../syscalls/layout.js'
import { OwnedFd } from '../descriptors/owned-fd.js'
import { structure } from '../structs/structure.js'
import { int, readOnly } from './codecs.js'
import { getOption, option } from './option.js'
import type { Decoder } from './option.js'

/** The process that created the other end, with its effective user and group at that time. unix(7) */
export interface PeerCredentials {
  /** The process. */
  pid: number
  /** The effective user. */
  uid: number
  /** The effective group. */
  gid: number
}

/** @internal */
export const ucred = readOnly(
  structure<PeerCredentials>('ucred', { pid: ['pid', number], uid: ['uid', number], gid: ['gid', number] }),
)

const peerPid = option(SOL_LOCAL, 'LOCAL_PEERPID', readOnly(int))
const user = field('xucred.cr_uid')
const count = field('xucred.cr_ngroups')
const groups = field('xucred.cr_groups')

function groupsOf(bytes: Buffer): number[] {
  const view = dataView(bytes)
  const group = (i: number): number => read(view, { offset: groups.offset + 4 * i, size: 4, signed: false })
  return Array.from({ length: Math.min(read(view, count), groups.size / 4) }, (_, i) => group(i))
}

/** @internal The credentials on macOS. The first group is the effective one; the process is read by another option. */
export const xucred: Decoder<PeerCredentials> = {
  room: sizeOf('xucred'),
  form: ucred.form!,
  decode: (bytes, fd) => ({
    pid: getOption(fd, peerPid),
    uid: read(dataView(bytes), user),
    gid: groupsOf(bytes)[0] ?? 0,
  }),
}

/** @internal The groups in the credentials on macOS. */
export const xucredGroups: Decoder<readonly number[]> = {
  room: sizeOf('xucred'),
  form: '[ a group, … ]',
  decode: groupsOf,
}

/** @internal A descriptor of the process at the other end, for pidfd_send_signal(2) and poll(2). */
export const pidFd: Decoder<OwnedFd> = {
  room: 4,
  form: 'a descriptor',
  decode: (bytes, fd) => new OwnedFd(int.decode(bytes, fd)),
}
