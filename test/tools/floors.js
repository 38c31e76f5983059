// The rule of floors, for dependency-cruiser: each folder of src/, and each file directly in it, is a floor. A floor imports
// values only from lower floors, and there are no circles; it may import types from anywhere. docs/architecture.md lists the
// floors in this order.

/** From the lowest. The floors of one line do not import each other. */
export const floors = [
  ['printable', 'processes'],
  ['frames', 'hints'],
  ['caller'],
  ['checks'],
  ['errors', 'timers'],
  ['syscalls'],
  ['constants', 'shown'],
  ['data', 'loop'],
  ['structs'],
  ['descriptors'],
  ['thread', 'control', 'options', 'names', 'waiting'],
  ['sockets'],
  ['index', 'promises', 'reactor'],
  ['streams', 'socketserver', 'http'],
  ['cli'],
]

const pathOf = names => `^src/(${names.join('|')})(/|\\.ts$)`

const up = floors.flatMap((line, i) =>
  line.map(floor => ({
    name: `${floor} imports only lower floors`,
    severity: 'error',
    from: { path: pathOf([floor]) },
    to: {
      path: pathOf(
        floors
          .slice(i)
          .flat()
          .filter(other => other !== floor),
      ),
      dependencyTypesNot: ['type-only'],
    },
  })),
)

export default {
  forbidden: [
    ...up,
    {
      name: 'every module belongs to a floor',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: pathOf(floors.flat()) },
    },
    {
      name: 'no circle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: { tsConfig: { fileName: 'tsconfig.json' }, tsPreCompilationDeps: 'specify' },
}
