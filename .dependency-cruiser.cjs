// Imports go one way (design: main -> controllers, responder, cli -> api, acme, kube, telemetry, probe -> pki, runtime),
// and a folder is entered by its door, its index.ts.
const folders = ['api', 'acme', 'kube', 'telemetry', 'probe', 'pki', 'runtime', 'responder', 'controllers'];
const edges = {
  runtime: [],
  pki: ['runtime'],
  api: ['pki', 'runtime'],
  acme: ['pki', 'runtime'],
  kube: ['pki', 'runtime'],
  telemetry: ['pki', 'runtime'],
  probe: ['pki', 'runtime'],
  responder: ['api', 'acme', 'kube', 'telemetry', 'probe', 'pki', 'runtime'],
  controllers: ['api', 'acme', 'kube', 'telemetry', 'probe', 'pki', 'runtime'],
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan-source', severity: 'error', from: { orphan: true, path: '^src/' }, to: {} },
    { name: 'not-resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      from: { path: '^src' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    { name: 'src-imports-src', severity: 'error', from: { path: '^src' }, to: { path: '^(test|build)/' } },
    {
      name: 'config-is-read-by-processes',
      severity: 'error',
      from: { pathNot: '^(src/(main|config)\\.ts|src/processes/|test/|build/)' },
      to: { path: '^src/config\\.ts$' },
    },
    {
      name: 'controllers-never-import-each-other',
      severity: 'error',
      from: { path: '^src/controllers/([^/.]+)/' },
      to: { path: '^src/controllers/[^/.]+/', pathNot: '^src/controllers/$1/' },
    },
    ...folders.map((folder) => ({
      name: `${folder}-imports-one-way`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: [`^src/${folder}/`, ...edges[folder].map((to) => `^src/${to}/`)] },
    })),
    ...folders
      .filter((folder) => folder !== 'controllers')
      .map((folder) => ({
        name: `${folder}-has-one-door`,
        severity: 'error',
        from: { path: '^src/', pathNot: `^src/${folder}/` },
        to: { path: `^src/${folder}/`, pathNot: `^src/${folder}/index\\.ts$` },
      })),
    {
      name: 'a-controller-has-one-door',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/controllers/' },
      to: { path: '^src/controllers/[^/.]+/', pathNot: '^src/controllers/[^/]+/index\\.ts$' },
    },
    {
      name: 'plans-are-pure',
      comment: 'a plan decides from what was observed alone: no I/O, no clock, no node module',
      severity: 'error',
      from: { path: '^src/controllers/[^/]+/(plan|policies)\\.ts$' },
      to: { dependencyTypes: ['core', 'npm'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
};
