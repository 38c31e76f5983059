// Loaded before each test file: what must be written before vitest ends the worker, half a second after the last test.
import { takeCoverage } from 'node:v8'
import { afterAll } from 'vitest'

afterAll(() => {
  if (process.env.NODE_V8_COVERAGE) takeCoverage()
  if (process.env.LEAKS_ADDON) process.dlopen({ exports: {} }, process.env.LEAKS_ADDON)
})
