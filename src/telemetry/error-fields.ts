import { redacted } from './redact.ts';

/** An error as a log line shows it. */
export interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  /** Frames alone; the message stands above. */
  readonly stack?: string;
  readonly cause?: ErrorFields;
  /** The errors of an AggregateError, such as one per address that was tried. */
  readonly errors?: readonly ErrorFields[];
}

const maxDepth = 5;
const maxErrors = 4;
const maxFrames = 20;

/**
 * Reads name, message, code, causes and, where asked for, the stack of an error, and nothing else of it: the errors of
 * HTTP clients carry bodies, headers and requests, and with them Secrets and tokens. Never throws, whatever it is given.
 */
export function errorFields(error: unknown, options: { stack: boolean }): ErrorFields {
  try {
    return read(error, options.stack, 0);
  } catch {
    return { name: 'Error', message: 'an error that could not be read' };
  }
}

function read(error: unknown, withStack: boolean, depth: number): ErrorFields {
  if (!(error instanceof Error)) return { name: typeof error, message: primitiveText(error) };
  const code = codeOf(error);
  const stack = withStack ? frames(error.stack) : '';
  const deeper = depth < maxDepth;
  const errors = deeper && error instanceof AggregateError ? error.errors.slice(0, maxErrors) : [];
  return {
    name: redacted(error.name),
    message: redacted(ownMessage(error.message)),
    ...(code === undefined ? {} : { code }),
    ...(stack === '' ? {} : { stack }),
    ...(deeper && error.cause !== undefined ? { cause: read(error.cause, withStack, depth + 1) } : {}),
    ...(errors.length === 0 ? {} : { errors: errors.map((one: unknown) => read(one, withStack, depth + 1)) }),
  };
}

function codeOf(error: Error): string | number | undefined {
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return redacted(code);
  return typeof code === 'number' ? code : undefined;
}

/** client-node writes the body and the headers of an answer into the message of its ApiException. */
function ownMessage(message: string): string {
  return message.split(/\n\s*(?:Body|Headers)\s*:/i, 1)[0] ?? '';
}

function frames(stack: string | undefined): string {
  const lines = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return redacted(lines.slice(0, maxFrames).join('\n'));
}

/** What was thrown without being an Error; an object's content is not looked at. */
function primitiveText(value: unknown): string {
  if (typeof value === 'string') return redacted(value);
  if (typeof value === 'object' && value !== null) return 'an object that is no Error';
  return typeof value === 'function' ? 'a function' : String(value);
}
