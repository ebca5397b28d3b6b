import type { Log, LogFields } from '../../src/runtime/index.ts';

/** A log line as a test sees it. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines for the test to look at. */
export interface RecordedLog extends Log {
  readonly lines: readonly LogLine[];
}

/** A log that keeps what it is told, also through its children. */
export function recordedLog(): RecordedLog {
  return at({}, []);
}

function at(fields: LogFields, lines: LogLine[]): RecordedLog {
  const write =
    (level: LogLine['level']) =>
    (message: string, more: LogFields = {}): void => {
      lines.push({ level, message, fields: { ...fields, ...more } });
    };
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (more) => at({ ...fields, ...more }, lines),
  };
}
