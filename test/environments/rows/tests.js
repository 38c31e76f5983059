import { required, testOf } from '../programs.js'
import { node, tool, tools } from '../tools.js'

const vitest = pool => ({
  name: `vitest, pool \`${pool}\``,
  files: { 'app.test.mjs': testOf({ head: "import { expect, test } from 'vitest'" }) },
  steps: [tool('vitest/vitest.mjs', 'run', `--pool=${pool}`)],
  expected: /Tests +1 passed/,
})

const settings = options => JSON.stringify({ private: true, jest: options })

const jest = version => [
  {
    name: `jest ${version}`,
    files: { 'package.json': settings({}), 'app.test.js': testOf({ head: '', load: required }) },
    steps: [tool(`jest-${version}/bin/jest.js`)],
    expected: /Tests: +1 passed/,
  },
  {
    name: `jest ${version}, \`--experimental-vm-modules\``,
    files: {
      'package.json': settings({ testMatch: ['**/*.test.mjs'], transform: {} }),
      'app.test.mjs': testOf({ head: '' }),
    },
    steps: [node('--experimental-vm-modules', `${tools}/jest-${version}/bin/jest.js`)],
    expected: /Tests: +1 passed/,
  },
]

export const rows = [
  ...['forks', 'threads', 'vmThreads'].map(vitest),
  ...jest(29),
  ...jest(30),
  {
    name: 'node:test',
    files: {
      'app.test.mjs': testOf({
        head: "import { equal } from 'node:assert/strict'\nimport { test } from 'node:test'",
        check: "equal(text, 'hello')",
      }),
    },
    steps: [node('--test')],
    expected: /pass 1/,
  },
]
