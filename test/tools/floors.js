// The rule of floors, for dependency-cruiser: a folder of src/, and a file directly in it, is a floor. What has a value looks
// down alone, never up, sideways or in a circle; a type may come from anywhere. docs/architecture.md has them in this order.

/** From the lowest; those of one line know nothing of each other. */
export const floors = [
  ['errors', 'checks'],
  ['timers', 'syscalls'],
  ['constants'],
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
    name: `${floor} looks down`,
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
      name: 'every module is of a floor',
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
