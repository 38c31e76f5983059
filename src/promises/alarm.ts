// A timer for any time: one of Node's takes 2 ** 31 − 1 milliseconds at most, and rings at once where it is given more.
const longest = 2 ** 31 - 1

/** Calls `ring` after so many milliseconds, Infinity never; what it returns forgets that. */
export function alarm(ms: number, ring: () => void): () => void {
  let timer: NodeJS.Timeout
  const set = (left: number): void => {
    timer = setTimeout(() => (left > longest ? set(left - longest) : ring()), Math.min(left, longest))
  }
  set(ms)
  return () => clearTimeout(timer)
}
