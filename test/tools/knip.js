// Finds unused files and exports, by knip. Some entries are here because threads and processes start them by their paths.
export default {
  include: ['files', 'exports', 'types', 'enumMembers', 'duplicates'],
  ignoreExportsUsedInFile: true,
  workspaces: {
    '.': {
      entry: [
        'src/{index,constants,*/index}.ts',
        'src/cli/{main,tour-run}.ts',
        'src/cli/servers/{thread,threads}.ts',
        'src/cli/servers/loops/*.ts',
        'src/cli/servers/{echo,http}/{blocking,clients,thread}.ts',
        'src/{reactor,http}/worker.ts',
        'src/socketserver/thread.ts',
        '{bin,scripts}/*.js',
        'test/**/*.test.ts',
        'test/{all,tools}/*.js',
        'test/sanitizers/{setup,vitest.config}.js',
        'test/coverage/coverage.js',
        'test/support/{mistakes,options-page}.js',
        'test/{arm64,lifetimes,runtimes}/*.js',
        'test/fuzz/{run,javascript,targets}.js',
        'test/fuzz/calls/{run,play}.js',
        'test/dependents/programs/*.js',
        'test/load/{clients,heap,messages,soak,stop,stop-clients,udp-server}.js',
        'test/programs/*.ts',
        'examples/**/*.ts',
        'benchmarks/**/*.ts',
      ],
      project: ['{src,test,benchmarks,examples}/**/*.ts', '{scripts,test}/**/*.js'],
    },
    'test/tools': { entry: ['*.js'] },
  },
}
