import * as floor from 'bsd-sockets/syscalls'
import { describe, expect } from 'vitest'
import { sourceLine } from './programs.js'
import { ofTheCLibrary } from './steps.js'
import type { Step } from './steps.js'
import { expectTable } from './table.js'
import { start, traced } from './trace.js'

// Functions that make no system call.
const silent = /^(CMSG_|FD_|hton|inet_|ntoh)/

// The kernel has its own names for some.
const kernelNames: Record<string, string> = { open: 'openat', recv: 'recvfrom', select: 'pselect6', send: 'sendto' }
const kernelName = (name: string): string => kernelNames[name] ?? name

const line = (step: Step): string => sourceLine(step.where)

describe('the syscalls floor', () => {
  traced('each function makes the system call that the table says', async () => {
    const { steps } = await start('test/programs/floor.js').ended
    expectTable('floor', 'The syscalls floor', steps)
  })

  traced(
    'one call is exactly one system call; a wrong argument, and a C function that is not a system call, is none',
    async () => {
      const { steps } = await start('test/programs/floor.js').ended
      for (const step of steps.filter(step => step.where !== '' && !ofTheCLibrary.test(step.name))) {
        const none = silent.test(step.name) || line(step).startsWith('wrong(')
        const made = step.calls.map(call => call.name)
        expect(made, line(step)).toEqual(none ? [] : [kernelName(step.name)])
      }
    },
  )

  traced('the table has every function', async () => {
    const { steps } = await start('test/programs/floor.js').ended
    const text = steps.map(line).join('\n')
    const functions = Object.entries(floor).filter(([, value]) => typeof value === 'function')
    const names = functions.map(([name]) => name).filter(name => name !== floor.MessageBatch.name)
    expect(names.filter(name => !text.includes(`sys.${name}(`))).toEqual([])
  })

  traced("the library's own trace has the same calls with the same results in the same order", async () => {
    const { steps, stderr } = await start('test/programs/floor.js', [], { BSD_SOCKETS_TRACE: '1' }).ended
    const shown = Array.from(stderr.matchAll(/^(\w+)\(.*\) = (.*)$/gm), ([, name, result]) => ({ name: name!, result }))
    // The first call loads the trace, and so reads files.
    const made = steps.flatMap(({ name, calls }) =>
      calls.filter(call => call.name === kernelName(name)).map(({ result }) => ({ name, result })),
    )
    // ioctl(2) writes the result of the function into memory.
    const comparable = ({ name, result }: { name: string; result: string | undefined }) =>
      ofTheCLibrary.test(name) ? [] : name === 'ioctl' ? name : `${name} = ${result}`
    expect(shown.flatMap(comparable)).toEqual(made.flatMap(comparable))
  })
})
