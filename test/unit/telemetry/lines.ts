import { Writable } from 'node:stream';
import { createLogger, type Logger, type LogLevel } from '../../../src/telemetry/index.ts';
import { virtualClock } from '../../kit/clock.ts';

/** A logger and a way to read what it has written. */
export function logged(level: LogLevel = 'debug'): { log: Logger; lines: () => Promise<Record<string, unknown>[]> } {
  let text = '';
  const output = new Writable({
    write(part, _encoding, done) {
      text += String(part);
      done();
    },
  });
  const log = createLogger({ level, output, clock: virtualClock() });
  return {
    log,
    async lines() {
      await log.flush();
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => {
          const parsed: unknown = JSON.parse(line);
          if (typeof parsed !== 'object' || parsed === null) throw new Error(`no object: ${line}`);
          return { ...parsed };
        });
    },
  };
}
