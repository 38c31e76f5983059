import { expect, test, vi } from 'vitest'
import { tool } from '../support/tools.js'

test('an installed tool is found', () => expect(tool('sh')).toBe(true))

test('a missing tool is a warning, or an error with BSD_SOCKETS_REQUIRE_TOOLS', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.stubEnv('BSD_SOCKETS_REQUIRE_TOOLS', '')
  expect(tool('no-such-tool')).toBe(false)
  expect(warn).toHaveBeenCalledWith('skipped: no-such-tool is not installed')
  vi.stubEnv('BSD_SOCKETS_REQUIRE_TOOLS', '1')
  expect(() => tool('no-such-tool')).toThrow('no-such-tool is not installed')
  vi.unstubAllEnvs()
  warn.mockRestore()
})
