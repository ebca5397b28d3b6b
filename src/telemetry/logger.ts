import type { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import winston from 'winston';
import { type Clock, type Log, type LogFields, systemClock } from '../runtime/index.ts';
import { errorFields } from './error-fields.ts';
import { redacted } from './redact.ts';

/** How much is logged: each level includes those named before it. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** A log and the way to end it. */
export interface Logger extends Log {
  /**
   * Resolves when every line logged so far has left the process, or after 2 s in which nobody took them. To be awaited
   * before the process exits: on a pipe with a slow reader an exit without it loses nearly all of a burst.
   */
  flush(): Promise<void>;
}

/** How long the end of the process waits for a reader of its lines. */
const maxFlushMs = 2000;

/**
 * A log of JSON lines: `time`, `level`, `message` and the fields of `LogFields`; any other field is left out. Errors
 * become name, message, code and causes, with the stack on lines of level `error`; private keys and tokens are redacted
 * wherever they stand. No method throws, and an output that fails (its reader is gone) is ignored.
 *
 * @param options.output where lines go, such as the standard output.
 */
export function createLogger(options: { level: LogLevel; output: Writable; clock?: Clock }): Logger {
  const { level: least, output, clock = systemClock } = options;
  output.on('error', () => undefined);
  const sink = winston.createLogger({
    level: least,
    exitOnError: false,
    format: winston.format.printf(({ message }) => String(message)), // the line is made by us, once
    transports: [new winston.transports.Stream({ stream: output, eol: '\n' })],
  });
  const write: Write = (level, message, fields) => {
    if (!sink.isLevelEnabled(level)) return;
    const line = { time: clock.now().toISOString(), level, message: redacted(message), ...picked(fields, level) };
    sink.log({ level, message: JSON.stringify(line) });
  };
  return {
    ...logOver(write, {}),
    async flush() {
      while (sink.writableLength + sink.readableLength > 0) await nextTurn();
      await written(output, clock);
    },
  };
}

type Write = (level: LogLevel, message: string, fields: LogFields) => void;

function logOver(write: Write, bound: LogFields): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write(level, message, { ...bound, ...fields });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logOver(write, { ...bound, ...fields }),
  };
}

/** Every field but `error`, in the order in which a line shows them. */
const kinds: Readonly<Record<keyof Omit<LogFields, 'error'>, 'text' | 'number'>> = {
  controller: 'text',
  namespace: 'text',
  name: 'text',
  reconcileID: 'text',
  resource: 'text',
  host: 'text',
  issuer: 'text',
  order: 'text',
  step: 'text',
  reason: 'text',
  address: 'text',
  count: 'number',
  durationMs: 'number',
};

/** The fields that a line may have, each of its own type; the compiler's word is not taken for it. */
function picked(fields: LogFields, level: LogLevel): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  const values: Readonly<Record<string, unknown>> = { ...fields };
  for (const [key, kind] of Object.entries(kinds)) {
    const value = values[key];
    if (kind === 'text' && typeof value === 'string') line[key] = redacted(value);
    if (kind === 'number' && typeof value === 'number') line[key] = Math.round(value);
  }
  if (fields.error !== undefined) line['error'] = errorFields(fields.error, { stack: level === 'error' });
  return line;
}

/** An empty write is called back after everything that was written before it. */
async function written(output: Writable, clock: Clock): Promise<void> {
  if (output.destroyed || output.writableEnded) return;
  await new Promise<void>((resolve) => {
    const cancel = clock.after(maxFlushMs, resolve);
    output.write('', () => {
      cancel();
      resolve();
    });
  });
}
