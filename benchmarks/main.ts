// npm run bench -- [QUESTION]... [--only NAME,NAME] [--duration MS] [--rounds N] [--quick]
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { machine, root } from './machine.js'
import { plot } from './plot.js'
import type { Options, Question } from './question.js'
import { questions } from './questions.js'
import { measureCase } from './rounds.js'
import type { CaseResult } from './rounds.js'
import { progress, table } from './table.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    duration: { type: 'string' },
    rounds: { type: 'string' },
    results: { type: 'string', default: join(root, 'benchmarks/results') },
    quick: { type: 'boolean', default: false },
  },
})

const options: Options = {
  quick: values.quick,
  only: values.only.split(',').filter(name => name !== ''),
  duration: Number(values.duration ?? (values.quick ? 60 : 500)),
  rounds: Number(values.rounds ?? (values.quick ? 1 : 3)),
}

async function ask(name: string, question: Question): Promise<void> {
  console.log(`\n${name}: ${question.title}`)
  progress('starting')
  const { cases, skipped, close } = await question.prepare(options)
  const results: CaseResult[] = []
  try {
    // What a compiler that works at run time has not compiled yet is not what is asked for.
    if (!options.quick && cases[0] !== undefined) await measureCase(cases[0], question.columns, 1, progress)
    for (const one of cases) {
      results.push(await measureCase(one, question.columns, options.rounds, progress))
      progress('')
      console.log(`\n${table(results.at(-1)!, question.columns)}`)
    }
  } finally {
    await close()
  }
  for (const reason of skipped) console.log(`skipped: ${reason}`)
  const where = machine()
  const caption = `${where.cpu}, ${where.cores} cores, ${where.kernel}, Node ${where.node}, ${String(where.date).slice(0, 10)}`
  mkdirSync(values.results, { recursive: true })
  const report = { machine: where, options, title: question.title, cases: results, skipped }
  writeFileSync(join(values.results, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(join(values.results, `${name}.svg`), plot(question, results, caption))
}

const unknown = positionals.filter(name => !(name in questions))
if (unknown.length > 0) {
  console.error(`no such question: ${unknown.join(' ')}; there are ${Object.keys(questions).join(' ')}`)
  process.exitCode = 2
} else {
  for (const name of positionals.length > 0 ? positionals : Object.keys(questions)) await ask(name, questions[name]!)
}
