// Servers from the system's packages, each in a temporary folder, and clients over sockets of this package.
import * as dbus from '../support/peers/dbus.js'
import * as nginx from '../support/peers/nginx.js'
import * as postgres from '../support/peers/postgres.js'
import * as redis from '../support/peers/redis.js'

setTimeout(() => {
  console.log('failed: not done after two minutes')
  process.exit(1)
}, 120_000).unref()

const outcomes = { passed: 0, failed: 0, skipped: 0 }
for (const [name, { program, run }] of Object.entries({ dbus, nginx, postgres, redis })) {
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
