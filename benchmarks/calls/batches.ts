// What the programs of this folder share: each measures its calls and prints them, in nanoseconds, as one line of JSON.
import { requireTool } from '../machine.js'

interface Mitata {
  measure: (
    call: () => void,
    options: { min_cpu_time: number; batch_samples: number; batch_threshold: number },
  ) => Promise<{ min: number }>
}

/**
 * The best of mitata's batches of 100, in nanoseconds for each call, of the second of two measurements: mitata's own
 * warming up is over long before the compiler is done.
 */
export async function printCalls(calls: Readonly<Record<string, () => void>>): Promise<void> {
  const { measure } = requireTool('mitata') as Mitata
  const options = { min_cpu_time: Number(process.argv[2] ?? 200) * 1e6, batch_samples: 100, batch_threshold: 1e9 }
  for (const call of Object.values(calls)) await measure(call, options)
  const results: [string, number][] = []
  for (const [name, call] of Object.entries(calls)) results.push([name, (await measure(call, options)).min])
  console.log(JSON.stringify(Object.fromEntries(results)))
}

/** Fails unless a call gave what it had to. */
export function expect(result: unknown, expected: unknown): void {
  if (result !== expected) throw new Error(`${String(result)}, not ${String(expected)}`)
}
