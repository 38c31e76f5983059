// What the programs share: a line for each check, `ok NAME` or `failed NAME: why`; the status is 0 in both cases.

/** Milliseconds after which a wait has failed. */
export const patience = 10_000

export async function check(name, run) {
  try {
    await run()
    console.log(`ok ${name}`)
  } catch (error) {
    console.log(`failed ${name}: ${String(error?.message ?? error).split('\n')[0]}`)
  }
}
