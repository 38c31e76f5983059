import { typeScript } from '../programs.js'
import { node, tool } from '../tools.js'

const configuration = (compilerOptions, typeRoots) =>
  JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable'],
      strict: true,
      outDir: 'out',
      types: ['node'],
      typeRoots,
      ...compilerOptions,
    },
    files: ['app.ts'],
  })

/** Compiles the program with skipLibCheck: false, and runs the result. */
const compiled = (name, compiler, type, options) => ({
  name,
  files: {
    'package.json': JSON.stringify({ private: true, type }),
    'tsconfig.json': configuration({ skipLibCheck: false, ...options }),
    'app.ts': typeScript,
  },
  steps: [tool(`${compiler}/bin/tsc`), node('out/app.js')],
})

export const rows = [
  compiled('TypeScript 6, nodenext', 'typescript', 'module', { module: 'nodenext' }),
  compiled('TypeScript 6, node16, to CommonJS', 'typescript', 'commonjs', { module: 'node16' }),
  compiled('TypeScript 6, bundler', 'typescript', 'module', { module: 'esnext', moduleResolution: 'bundler' }),
  compiled('TypeScript 5.9, node10, to CommonJS', 'typescript-5', 'commonjs', {
    module: 'commonjs',
    moduleResolution: 'node10',
  }),
  {
    name: 'tsx',
    files: { 'package.json': '{ "type": "module" }', 'app.ts': typeScript },
    steps: [tool('tsx/dist/cli.mjs', 'app.ts')],
  },
]
