// Loaded before each test file on Bun and on Deno: skips the tests that do not apply there.
import { beforeEach } from 'vitest'
import { lacked } from './lacking.js'

const full = ({ name, suite }) => (suite?.name ? `${full(suite)} ${name}` : name)

beforeEach(({ task, skip }) => {
  const reason = lacked(/test\/(.*)\.test\.ts$/.exec(task.file.name)[1], full(task))
  skip(reason !== undefined, reason)
})
