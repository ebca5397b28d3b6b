import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as realTime } from 'node:timers/promises';
import type { LogFields } from '../../../src/runtime/index.ts';
import { createLogger } from '../../../src/telemetry/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { logged } from './lines.ts';

const canary = 'canary-7f3a';

describe('log', () => {
  test('writes one JSON object a line, time first', async () => {
    const { log, lines } = logged();
    log.info('certificate issued', { namespace: 'shop', name: 'web', durationMs: 12.4, count: 2 });
    assert.deepEqual(await lines(), [
      {
        time: '2026-06-01T00:00:00.000Z',
        level: 'info',
        message: 'certificate issued',
        namespace: 'shop',
        name: 'web',
        count: 2,
        durationMs: 12,
      },
    ]);
  });

  test('leaves out what its level does not include', async () => {
    const { log, lines } = logged('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    assert.deepEqual(
      (await lines()).map(({ message }) => message),
      ['c', 'd'],
    );
  });

  test('adds the fields of a child to each of its lines; those of the line win', async () => {
    const { log, lines } = logged();
    const child = log.child({ controller: 'certificate', host: 'a.example.com' }).child({ reconcileID: 'r1' });
    child.info('polled', { host: 'b.example.com' });
    const [line] = await lines();
    assert.deepEqual(
      [line?.['controller'], line?.['reconcileID'], line?.['host']],
      ['certificate', 'r1', 'b.example.com'],
    );
  });

  test('drops every field that is not in the closed set, and every value of another type', async () => {
    const { log, lines } = logged();
    const open: Record<string, unknown> = {
      data: canary,
      headers: canary,
      message: canary,
      level: canary,
      host: { canary },
    };
    const fields: LogFields = open;
    log.info('constant', fields);
    assert.deepEqual(await lines(), [{ time: '2026-06-01T00:00:00.000Z', level: 'info', message: 'constant' }]);
  });

  test('keeps each line whole: messages and fields cannot start another one', async () => {
    const { log, lines } = logged();
    log.info('one', { reason: 'two\n{"level":"error"}' });
    assert.equal((await lines()).length, 1);
  });

  test('redacts private keys and tokens wherever they stand', async () => {
    const { log, lines } = logged();
    const key = `-----BEGIN EC PRIVATE KEY-----\n${canary}\n-----END EC PRIVATE KEY-----`;
    log.info(`read ${key}`, { reason: `authorization: Bearer ${canary}${canary}` });
    log.error('failed', { error: new Error(`sent ${key}`, { cause: new Error(JSON.stringify({ key })) }) });
    const text = JSON.stringify(await lines());
    assert.ok(!text.includes(canary), text);
    assert.ok(text.includes('[redacted private key]'));
    assert.ok(text.includes('Bearer [redacted]'));
  });

  test('survives an output whose reader is gone', async () => {
    const output = new Writable({ write: (_part, _encoding, done) => done(new Error('EPIPE')) });
    const log = createLogger({ level: 'info', output });
    log.info('one');
    await log.flush();
    log.info('two');
    await log.flush();
  });

  test('gives up on a reader that takes nothing after 2 s', async () => {
    const clock = virtualClock();
    const log = createLogger({ level: 'info', output: new Writable({ write: () => undefined }), clock });
    log.info('one');
    let flushed = false;
    const flush = log.flush().then(() => (flushed = true));
    await clock.advance(1999);
    assert.equal(flushed, false);
    await clock.advance(1);
    await flush;
  });

  test('loses no line at exit, even with a reader that begins late', { timeout: 60_000 }, async () => {
    const program = `
      import { createLogger } from ${JSON.stringify(new URL('../../../src/telemetry/index.ts', import.meta.url).href)};
      const log = createLogger({ level: 'info', output: process.stdout });
      for (let count = 0; count < 20_000; count += 1) log.info('a line of a burst before the end', { count });
      await log.flush();
      process.exit(0);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    await realTime(300);
    let lines = 0;
    child.stdout.on('data', (part: Buffer) => {
      for (const byte of part) if (byte === 10) lines += 1;
    });
    await Promise.all([exited, once(child.stdout, 'end')]);
    assert.equal(lines, 20_000);
  });
});
