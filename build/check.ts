/**
 * Every check that the code has to pass, with zero warnings: `npm run check`.
 *
 * `npm run check -- NAME ...` runs the named ones. All run even where one fails, so that one call tells everything.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Name, what it keeps, and its command. */
const checks: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['types', ['tsc', '--noEmit', '-p', '.']],
  ['format', ['biome', 'ci', '--error-on-warnings', '.']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives', '.']],
  [
    'imports',
    ['depcruise', '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', 'src', 'test', 'build'],
  ],
  ['unused', ['knip', '--no-progress', '--max-issues', '0']],
  ['generated', ['node', 'build/generate/main.ts', '--check']],
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !checks.some(([known]) => known === name));
if (unknown.length > 0) {
  console.error(
    `check: no check is called ${unknown.join(', ')}; there are ${checks.map(([name]) => name).join(', ')}`,
  );
  process.exit(2);
}

let failed = 0;
for (const [name, [program = '', ...args]] of checks) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const started = performance.now();
  const { status, error, stdout, stderr } = spawnSync(join(root, 'node_modules', '.bin', program), args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const ok = status === 0;
  if (!ok) failed += 1;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (!ok) console.log(error?.message ?? `${stdout}${stderr}`);
}
process.exit(failed === 0 ? 0 : 1);
