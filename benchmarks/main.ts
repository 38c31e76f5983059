// The benchmarks, as `bsd-sockets bench` runs them: src/cli/bench.ts reads the command line.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machine, shareCores } from './machine.js'
import type { Options, Question } from './question.js'
import { questions } from './questions.js'
import { measureCase } from './rounds.js'
import type { CaseResult } from './rounds.js'
import { versions } from './runtimes.js'
import { progress, table } from './table.js'

async function ask(name: string, question: Question, options: Options, folder: string, json: boolean): Promise<void> {
  const print = json ? console.error : console.log
  print(`\n${name}: ${question.title}`)
  progress('starting')
  const { cases, skipped, close } = await question.prepare(options)
  const results: CaseResult[] = []
  try {
    // The warm-up lets just-in-time compilers finish.
    if (question.warm && !options.quick && cases[0] !== undefined) {
      await measureCase(cases[0], question.columns, 1, text => progress(`${name}: warm-up: ${text}`))
    }
    for (const [i, one] of cases.entries()) {
      const result = await measureCase(one, question.columns, options.rounds, text =>
        progress(`${name}: ${i + 1} of ${cases.length}: ${text}`),
      )
      results.push(result)
      progress('')
      print(`\n${table(result, question.columns)}`)
    }
  } finally {
    progress('')
    await close?.()
  }
  for (const reason of skipped) print(`skipped: ${reason}`)
  if (results.length === 0) return
  const report = { machine: machine(versions), options, title: question.title, cases: results, skipped }
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`)
  if (json) console.log(JSON.stringify({ question: name, ...report }))
}

/**
 * Runs the questions of these names, or all, and writes NAME.json of each to `folder`. Returns whether all succeeded. Prints
 * tables, or with `json` the same figures as JSON, one object a line, and everything else on standard error.
 * Throws for an unknown name.
 */
export async function bench(
  names: readonly string[],
  options: Options,
  folder: string,
  json = false,
): Promise<boolean> {
  const unknown = names.filter(name => !(name in questions))
  if (unknown.length > 0) {
    throw new Error(`no such question: ${unknown.join(' ')}; the questions are ${Object.keys(questions).join(' ')}`)
  }
  if (options.quick) shareCores()
  mkdirSync(folder, { recursive: true })
  const failed: string[] = []
  for (const name of names.length > 0 ? names : Object.keys(questions)) {
    try {
      await ask(name, questions[name]!, options, folder, json)
    } catch (error) {
      console.error(error)
      failed.push(name)
    }
  }
  if (failed.length > 0) console.error(`failed: ${failed.join(' ')}`)
  return failed.length === 0
}
