/**
 * Runs all tests: `npm test`. `npm test -- STAGE ...` runs the named stages.
 *
 * Each stage is one command; the ones that need a cluster are started inside one by the cluster kit, which builds and
 * installs what the machine lacks. The closing line counts the tests of all stages.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const kit = 'test/kit/cluster/main.ts';

interface Stage {
  readonly name: string;
  readonly what: string;
  /** Test files; none for a stage that is a check of its own. */
  readonly files?: string;
  /** Those of them that run beside the others, inside of a cluster of their own. */
  readonly beside?: string;
  /** What a cluster of the kit is made of, for tests that need one. */
  readonly cluster?: readonly string[];
  readonly command?: readonly string[];
  readonly concurrency: number;
}

const stages: readonly Stage[] = [
  {
    name: 'check',
    what: 'types, format, lint, import rules, unused code, generated files',
    command: ['build/check.ts'],
    concurrency: 1,
  },
  { name: 'unit', what: 'tables and properties', files: 'test/unit/**/*.test.ts', concurrency: 2 },
  {
    name: 'sim',
    what: 'the whole operator in a simulated world, crashed at every call',
    files: 'test/{sim,hostile}/**/*.test.ts',
    concurrency: 2,
  },
  {
    name: 'integration',
    what: 'a real API server, Pebble and Traefik',
    files: 'test/integration/**/*.test.ts',
    // About half of them by time, which wait for a CA or a controller most of it.
    beside: 'test/integration/{acme,controllers}/**/*.test.ts',
    cluster: ['--control-plane', '--with', 'pebble,traefik'],
    concurrency: 1,
  },
  {
    name: 'e2e',
    what: 'a real node with Evercert installed by its chart',
    files: 'test/e2e/**/*.test.ts',
    cluster: [],
    concurrency: 1,
  },
  {
    name: 'machine',
    what: 'the image, keystores as Java and OpenSSL read them, and the cluster kit itself',
    files: 'test/{image,keystores,cluster}/**/*.test.ts',
    concurrency: 1,
  },
];

interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** Runs node with arguments to its end and gives its exit code. */
function node(args: readonly string[]): Promise<number> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    child.on('error', () => done(1));
    child.on('exit', (code) => done(code ?? 1));
  });
}

async function runStage({ name, command, cluster, concurrency, ...stage }: Stage): Promise<Count> {
  if (command !== undefined) {
    const ok = (await node(command)) === 0;
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  }
  const beside = filesOf(stage.beside);
  const others = filesOf(stage.files).filter((file) => !beside.includes(file));
  const run = { concurrency, cluster };
  const counts = await Promise.all([
    runTests({ ...run, name, files: others }),
    ...(stage.beside === undefined
      ? []
      : [runTests({ ...run, name: `${name}-beside`, files: beside, isBeside: true })]),
  ]);
  return {
    passed: counts.reduce((sum, count) => sum + count.passed, 0),
    failed: counts.reduce((sum, count) => sum + count.failed, 0),
  };
}

function filesOf(pattern: string | undefined): readonly string[] {
  return pattern === undefined ? [] : globSync(pattern, { cwd: root }).toSorted();
}

interface Run {
  /** Of its cluster, where it needs one. */
  readonly name: string;
  readonly files: readonly string[];
  readonly cluster: Stage['cluster'];
  readonly concurrency: number;
  /** Whether another one writes to the terminal meanwhile, so that it tells in the end what came of it. */
  readonly isBeside?: boolean;
}

async function runTests({ name, files, cluster, concurrency, isBeside = false }: Run): Promise<Count> {
  if (files.length === 0) return { passed: 0, failed: 1 };
  const folder = mkdtempSync(join(tmpdir(), 'evercert-test-'));
  const tap = join(folder, 'tap');
  const told = join(folder, 'told');
  const runner = [
    '--disable-warning=ExperimentalWarning',
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=300000',
    '--test-reporter=spec',
    `--test-reporter-destination=${isBeside ? told : 'stdout'}`,
    '--test-reporter=tap',
    `--test-reporter-destination=${tap}`,
    ...files,
  ];
  try {
    const code =
      cluster === undefined
        ? await node(runner)
        : await node([kit, 'run', ...cluster, '--name', name, '--', process.execPath, ...runner]);
    if (isBeside) console.log(read(told));
    return countOf(read(tap), code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** A skipped test, a stage without tests and a runner that failed by itself all count as failed. */
function countOf(tap: string, code: number): Count {
  const closing = (name: string): number => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0);
  const passed = closing('pass');
  const failed = closing('fail') + closing('cancelled') + closing('skipped') + closing('todo');
  return { passed, failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed };
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !stages.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(
    `test: no stage is called ${unknown.join(', ')}; there are ${stages.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

let passed = 0;
let failed = 0;
for (const stage of stages) {
  if (asked.length > 0 && !asked.includes(stage.name)) continue;
  console.log(`\n== ${stage.name}: ${stage.what}`);
  const started = performance.now();
  const count = await runStage(stage);
  passed += count.passed;
  failed += count.failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`== ${stage.name}: ${count.passed} passed, ${count.failed} failed in ${seconds} s`);
}
console.log(`\ntests: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
