// Loaded before each test file: skips the tests that a net leaves out, and writes what must be written before vitest ends the
// worker, half a second after the last test.
import { takeCoverage } from 'node:v8'
import { afterAll, beforeEach } from 'vitest'
import { nets } from './nets.js'

const { LEAKS_ADDON, NODE_V8_COVERAGE, SANITIZER_NET } = process.env
const full = ({ name, suite }) => (suite?.name ? `${full(suite)} ${name}` : name)

beforeEach(({ task, skip }) => {
  const left = nets[SANITIZER_NET]?.leftTests ?? {}
  const name = `${/test\/(.*)\.test\.ts$/.exec(task.file.name)[1]}: ${full(task)}`
  const reason = left[Object.keys(left).find(beginning => name.startsWith(beginning))]
  skip(reason !== undefined, reason)
})

afterAll(() => {
  if (NODE_V8_COVERAGE) takeCoverage()
  if (LEAKS_ADDON) process.dlopen({ exports: {} }, LEAKS_ADDON)
})
