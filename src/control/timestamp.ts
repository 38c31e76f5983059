// When a message came. SO_TIMESTAMP, SO_TIMESTAMPNS: socket(7)
import { SCM_TIMESTAMP, SCM_TIMESTAMPNS, SOL_SOCKET } from '../constants.js'
import { dataView, field, read, sizeOf } from '../syscalls/layout.js'
import type { Field } from '../syscalls/layout.js'
import { message } from './message.js'

function timeReader(structure: string, seconds: Field, fraction: Field, unit: bigint) {
  return (data: Buffer): bigint | undefined => {
    if (data.length < sizeOf(structure)) return undefined
    const view = dataView(data)
    return BigInt(read(view, seconds)) * 1_000_000_000n + BigInt(read(view, fraction)) * unit
  }
}

const readTimeval = timeReader('timeval', field('timeval.tv_sec'), field('timeval.tv_usec'), 1000n)

export const readTimespec = timeReader('timespec', field('timespec.tv_sec'), field('timespec.tv_nsec'), 1n)

export const timestamp = message<bigint>(
  { level: SOL_SOCKET, type: SCM_TIMESTAMP, read: readTimeval },
  { level: SOL_SOCKET, type: SCM_TIMESTAMPNS, read: readTimespec },
)
