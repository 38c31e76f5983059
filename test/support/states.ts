// For the tables of states and methods: records the events of an object, and waits until all have happened.

// Everything pending has happened then: each turn of the loop polls the sockets.
export async function quiet(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise(resolve => setTimeout(resolve, 1))
}

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message

/** An event or a callback with its arguments: bytes as text, other objects omitted. */
export function shown(event: string, [value]: unknown[]): string {
  if (value instanceof Error) return `${event} ${codeOf(value)}`
  if (Buffer.isBuffer(value) || typeof value === 'string' || typeof value === 'boolean')
    return `${event} ${String(value)}`
  return event
}
