import { readFile } from 'node:fs/promises';
import { type Clock, type Log, sleep } from '../runtime/index.ts';

const absentIntervalMs = 1000;
const knownIntervalMs = 10_000;

/** What an id may be: it travels as a whole HTTP body, of which a CA reads no more than 128 bytes. */
const idPattern = /^[A-Za-z0-9._-]{1,100}$/;

/**
 * The public id of the installation, from a file that a ConfigMap volume projects. The file may come minutes after the
 * process and be replaced later; an id once known is kept while the file is gone or unreadable.
 */
export class InstallationFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #id: string | undefined;

  constructor(parts: { path: string; clock: Clock; log: Log }) {
    this.#path = parts.path;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** The id, once it was read. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Reads the file every second until the id is known and every 10 s from then on. Resolves when aborted. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#read();
      const intervalMs = this.#id === undefined ? absentIntervalMs : knownIntervalMs;
      await sleep(this.#clock, intervalMs, signal).catch(() => undefined); // rejects when aborted alone
    }
  }

  async #read(): Promise<void> {
    let text: string;
    try {
      text = (await readFile(this.#path, 'utf8')).trim();
    } catch (error) {
      this.#log.debug('installation id not readable', { error });
      return;
    }
    if (text === this.#id) return;
    if (!idPattern.test(text)) {
      this.#log.warn('installation id refused: it may hold letters, digits, dots, dashes and underscores');
      return;
    }
    this.#id = text;
    this.#log.info('installation id read');
  }
}
