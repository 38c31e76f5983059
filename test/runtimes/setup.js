// Loaded before each test file on Bun and on Deno: skips what does not apply there.
import { basename } from 'node:path'
import { beforeEach } from 'vitest'
import { lacked } from './lacking.js'

const full = ({ name, suite }) => (suite?.name ? `${full(suite)} ${name}` : name)

beforeEach(({ task, skip }) => {
  const reason = lacked(basename(task.file.name, '.test.ts'), full(task))
  skip(reason !== undefined, reason)
})
