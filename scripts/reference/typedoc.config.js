// What the reference has: the public names of all entries.
export default {
  plugin: ['typedoc-plugin-markdown'],
  basePath: '../..',
  tsconfig: '../../tsconfig.json',
  entryPoints: ['../../src/index.ts', '../../src/{syscalls,promises,streams,reactor,socketserver,http}/index.ts'],
  out: '../../docs/reference',
  name: 'Reference',
  readme: 'none',
  router: 'member',
  membersWithOwnFile: ['Class', 'Interface', 'Function', 'TypeAlias'],
  entryFileName: 'README.md',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  disableGit: true,
  gitRevision: 'main',
  skipErrorChecking: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  // The classes of the package call them of each other; a program that overrides them would depend on how they do their
  // work.
  excludeProtected: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: false },
  intentionallyNotExported: [
    // Types that compute another type, which the page shows.
    ...['FamilyOf', 'Messages', 'Received', 'Sent', 'Options', 'Settable', 'AllOf', 'Everywhere', 'Linux', 'Darwin'],
    'src/structs/families.ts:Named', // an address with `ifindex: number | string`, as its text tells
    // How options are read and written: users call getOption and setOption.
    ...['Codec', 'Decoder', 'Encoder', 'InterfaceCodec'].map(name => `src/options/option.ts:${name}`),
    // A Selector that is made without an argument.
    ...['SelectorByEpoll', 'SelectorByKqueue'],
    'Kernel', // the argument of Selector's constructor, which derived classes of the package pass
    'AwaitableSocket', // a Socket; what it adds is for its server
  ],
  interfacePropertiesFormat: 'list',
  parametersFormat: 'table',
  typeDeclarationFormat: 'table',
  logLevel: 'Warn',
}
