import { type Clock, type Log, sleep } from '../runtime/index.ts';

const unknownIntervalMs = 1000;
const knownIntervalMs = 60_000;

/** What an id may be: it travels as a whole HTTP body, of which a CA reads no more than 128 bytes. */
const idPattern = /^[A-Za-z0-9._-]{1,100}$/;

/** Reads the id of the installation where the operator keeps it; undefined where the operator has not made it yet. */
export type ReadInstallation = (signal: AbortSignal) => Promise<string | undefined>;

/**
 * The public id of the installation. It may be made minutes after the responder starts and be replaced later; an id once
 * known is kept while none can be read.
 */
export class Installation {
  readonly #readId: ReadInstallation;
  readonly #clock: Clock;
  readonly #log: Log;
  #id: string | undefined;

  constructor(parts: { read: ReadInstallation; clock: Clock; log: Log }) {
    this.#readId = parts.read;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** The id, once it was read. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Reads the id every second until it is known and every minute from then on. Resolves when aborted. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#read(signal);
      const intervalMs = this.#id === undefined ? unknownIntervalMs : knownIntervalMs;
      await sleep(this.#clock, intervalMs, signal).catch(() => undefined); // rejects when aborted alone
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    let id: string | undefined;
    try {
      id = await this.#readId(signal);
    } catch (error) {
      this.#log.debug('installation id not readable', { error });
      return;
    }
    if (id === undefined || id === this.#id) return;
    if (!idPattern.test(id)) {
      this.#log.warn('installation id refused: it may hold letters, digits, dots, dashes and underscores');
      return;
    }
    this.#id = id;
    this.#log.info('installation id read');
  }
}
