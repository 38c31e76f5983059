// Compares with the last published figures, those of the last commit: finds ratios that changed by more than a tenth.
import { spawnSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { root } from '../../scripts/stamp.js'

const most = 0.1

function published(path) {
  const { status, stdout } = spawnSync('git', ['show', `HEAD:${path}`], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  return status === 0 ? JSON.parse(stdout) : undefined
}

/** The ratios of a report, by case, row and column. */
const ratiosOf = ({ cases }) =>
  new Map(
    cases.flatMap(({ name, rows }) =>
      rows.flatMap(row =>
        Object.entries(row.ratios).map(([column, { median }]) => [`${name}: ${row.name}: ${column}`, median]),
      ),
    ),
  )

/** A line for each ratio that changed, and for each report that cannot be compared. */
export function moved(folder, reports) {
  return Object.entries(reports).flatMap(([name, report]) => {
    const before = published(relative(root, join(folder, `${name}.json`)))
    if (before === undefined) return [`${name}: nothing was published before`]
    const old = ratiosOf(before)
    const where = before.machine.cpu === report.machine.cpu ? '' : ` (then on ${before.machine.cpu})`
    return [...ratiosOf(report)]
      .filter(([key, ratio]) => Math.abs(ratio / old.get(key) - 1) > most)
      .map(
        ([key, ratio]) =>
          `${name}: ${key}: ${ratio.toFixed(2)} times the first, ${old.get(key).toFixed(2)} before${where}`,
      )
  })
}
