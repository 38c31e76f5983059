// Random programs of socket calls, run by Python's socket and by both Sockets: each call has the same result, except for the
// differences that test/support/differential/differences.ts lists. PROGRAMS: how many; SEED: the first seed.
import { Socket } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { conversation } from '../support/differential/conversation.js'
import type { State } from '../support/differential/conversation.js'
import { comparable, expected } from '../support/differential/differences.js'
import { program } from '../support/differential/program.js'
import type { Outcome, Program, Step } from '../support/differential/program.js'
import { Python } from '../support/differential/python.js'
import { hold } from '../support/differential/reactor.js'
import { runOn } from '../support/differential/sockets.js'

const programs = Number(process.env.PROGRAMS ?? 100)
const seed = Number(process.env.SEED ?? 1)
const steps = 24
const runs = 3 // a packet may be late if the machine is busy: a real difference shows in each run

const python = new Python()
afterAll(() => python.end())

const classes = { Socket, 'Socket of bsd-sockets/promises': AsyncSocket }

// The synchronous Socket has only one thread of control.
const alone = ({ blocking, steps }: Program): Program => ({
  blocking,
  steps: steps.filter(({ op }) => op !== 'begin' && op !== 'join'),
})

describe.each(Object.entries(classes))('%s does what Python does', (name, type) => {
  let calls = 0
  let again = 0

  async function differences(program: Program): Promise<string[]> {
    const { blocking, steps } = program
    const theirs = await python.run(program)
    const ours = await runOn(type, program)
    const compared = comparable(program, theirs, ours)
    calls += compared
    return steps
      .slice(0, compared)
      .flatMap((step, i) =>
        expected(step, theirs[i]!, ours[i]!, blocking) ? [] : [shown(i, step, theirs[i]!, ours[i]!)],
      )
  }

  test(`${programs} programs`, { timeout: 60_000 + programs * 2_000 }, async () => {
    const property = fc.asyncProperty(program(steps), async given => {
      const program = type === Socket ? alone(given) : given
      let found = await differences(program)
      for (let left = runs; left > 1 && found.length > 0; left--) {
        again++
        found = await differences(program)
      }
      expect(found).toEqual([])
    })
    await fc.assert(property, { seed, numRuns: programs })
    console.log(
      `${name}: ${programs} programs from seed ${seed}, ${calls} calls, no difference; ${again} runs repeated`,
    )
  })
})

test(
  `the reactor's connections behave as plain calls of Python: ${programs} conversations`,
  {
    timeout: 60_000 + programs * 500,
  },
  async () => {
    let turns = 0
    let again = 0
    const property = fc.asyncProperty(conversation, async given => {
      let both: State[][] = []
      for (let i = 0; i < runs; i++) {
        both = [await hold(given), await python.hold(given)].map(states => states.map(likened))
        turns += given.turns.length
        if (isDeepStrictEqual(both[0], both[1])) break
        again++
      }
      expect(both[0]).toEqual(both[1])
    })
    await fc.assert(property, { seed, numRuns: programs })
    console.log(
      `reactor: ${programs} conversations from seed ${seed}, ${turns} turns, no difference; ${again} repeated`,
    )
  },
)

// Either of the two can report a peer that is gone, depending on whether the reset or the next send comes first.
const likened = (state: State): State => ({ ...state, closed: state.closed === 'EPIPE' ? 'ECONNRESET' : state.closed })

function shown(i: number, step: Step, theirs: Outcome, ours: Outcome): string {
  return `${i} ${JSON.stringify(step)}: Python ${JSON.stringify(theirs)}, here ${JSON.stringify(ours)}`
}
