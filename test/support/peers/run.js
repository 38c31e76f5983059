// Runs peers, each a module that finds its program and checks the other end against it.

/** Prints each outcome, and sets the status of the process: a program that is not installed is a skip. */
export async function runPeers(peers) {
  setTimeout(() => {
    console.log('failed: not done after two minutes')
    process.exit(1)
  }, 120_000).unref()
  const outcomes = { passed: 0, failed: 0, skipped: 0 }
  for (const [name, { program, run }] of Object.entries(peers)) {
    const command = program()
    let outcome = 'passed'
    if (command === undefined) {
      console.log(`${name}: its server is not installed`)
      outcome = process.env.BSD_SOCKETS_REQUIRE_TOOLS === '1' ? 'failed' : 'skipped'
    } else {
      try {
        await run(command)
      } catch (error) {
        console.error(error)
        outcome = 'failed'
      }
    }
    console.log(`${name}: ${outcome}`)
    outcomes[outcome]++
  }
  if (outcomes.failed > 0) process.exitCode = 1
  else if (outcomes.passed === 0) process.exitCode = 77
}
