// For the tables of states and methods: what is told of an object, and when all of it has been.

// Whatever is under way has happened by then: this counts turns of the loop, each of which looks at the sockets.
export async function quiet(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise(resolve => setTimeout(resolve, 1))
}

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message

/** An event or a callback, and what it was given: bytes as a text, and nothing of other objects. */
export function shown(event: string, [value]: unknown[]): string {
  if (value instanceof Error) return `${event} ${codeOf(value)}`
  if (Buffer.isBuffer(value) || typeof value === 'string' || typeof value === 'boolean')
    return `${event} ${String(value)}`
  return event
}
