// A step as JSON, one line for each. docs/trace.md documents the members.
import { manualOf } from './manual.js'
import type { Step } from './steps.js'

/** What a line has. Members that do not apply are left out. */
export function recordOf(step: Step): Record<string, unknown> {
  const { number, lane, event, sockets, changes, arrows } = step
  const common = { kind: event.kind, number, pid: event.pid, tid: event.tid, program: lane.name }
  const states = changes.map(({ socket, state }) => ({ socket: socket.number, state }))
  const passed = arrows.map(({ kind, from, to, size }) => ({ kind, from: from.number, to: to.number, size }))
  const more = { ...(states.length > 0 && { states }), ...(passed.length > 0 && { arrows: passed }) }
  if (event.kind === 'signal') return { ...common, at: event.at, signal: event.signal }
  if (event.kind === 'exit') return { ...common, at: event.at, how: event.how, ...more }
  const { began, ended, name, args, result, errno, note, bytes, size, source } = event
  return {
    ...common,
    ...{ began, ended, call: name, args, result: /^-?\d+$/.test(result) ? Number(result) : result, errno, note },
    sockets: sockets.map(({ number, protocol, local, peer, state }) => ({ number, protocol, local, peer, state })),
    ...(bytes !== undefined && { bytes: bytes.toString('base64') }),
    ...(size !== undefined && { size }),
    ...(source !== undefined && { source }),
    ...(manualOf(name) !== undefined && { manual: manualOf(name) }),
    ...more,
  }
}
