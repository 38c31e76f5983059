// Shared by the programs of this folder: each measures its calls and prints the times, in nanoseconds, as one line of
// JSON.
import { requireTool } from '../machine.js'

interface Mitata {
  measure: (
    call: () => void,
    options: { min_cpu_time: number; batch_samples: number; batch_threshold: number },
  ) => Promise<{ min: number }>
}

/**
 * Prints the best of mitata's batches of 100, in nanoseconds for each call. The second of two measurements counts: the
 * compiler is not done when mitata's own warm-up ends.
 */
export async function printCalls(calls: Readonly<Record<string, () => void>>): Promise<void> {
  const { measure } = requireTool('mitata') as Mitata
  const options = { min_cpu_time: Number(process.argv[2] ?? 200) * 1e6, batch_samples: 100, batch_threshold: 1e9 }
  for (const call of Object.values(calls)) await measure(call, options)
  const results: [string, number][] = []
  for (const [name, call] of Object.entries(calls)) results.push([name, (await measure(call, options)).min])
  console.log(JSON.stringify(Object.fromEntries(results)))
}

/** Throws unless a call returned the expected result. */
export function expect(result: unknown, expected: unknown): void {
  if (result !== expected) throw new Error(`${String(result)}, not ${String(expected)}`)
}
