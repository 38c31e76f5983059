// What the programs of this folder share: each measures its calls and prints them, in nanoseconds, as one line of JSON.

const batch = 100

function measure(call: () => void, milliseconds: number): number {
  const batches: number[] = []
  const end = performance.now() + milliseconds
  while (batches.length < 3 || performance.now() < end) {
    const before = performance.now()
    for (let i = 0; i < batch; i++) call()
    batches.push(((performance.now() - before) * 1e6) / batch)
  }
  return batches.sort((a, b) => a - b)[batches.length >> 1]!
}

/** The median of batches, after as many that are not counted. */
export function printCalls(calls: Readonly<Record<string, () => void>>): void {
  const milliseconds = Number(process.argv[2] ?? 200)
  const results = Object.entries(calls).map(([name, call]) => {
    measure(call, milliseconds / 2)
    return [name, measure(call, milliseconds)]
  })
  console.log(JSON.stringify(Object.fromEntries(results)))
}

/** Fails unless a call gave what it had to. */
export function expect(result: unknown, expected: unknown): void {
  if (result !== expected) throw new Error(`${String(result)}, not ${String(expected)}`)
}
