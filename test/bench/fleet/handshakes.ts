import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';

/** Whom to shake hands with. */
interface Server {
  readonly address: string;
  readonly names: readonly string[];
  /** PEM of the root that every chain has to lead to. */
  readonly root: string;
}

const workers = 4;
/** So that the load does not take the processor from what is measured. */
const betweenMs = 50;
const limitMs = 10_000;

/** Shakes hands with one name after another, without resuming sessions, until stopped. */
export class Handshakes {
  readonly #server: Server;
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>;
  /** The leaf that each name served last: SHA-256, lower-case hexadecimal. */
  readonly #served = new Map<string, string>();
  #made = 0;
  readonly #problems: string[] = [];

  constructor(server: Server) {
    this.#server = server;
    this.#running = Promise.all(Array.from({ length: workers }, (_, index) => this.#work(index)));
  }

  get made(): number {
    return this.#made;
  }

  /** One line for each that failed: the server could not be reached, or its chain not be verified for the name. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** The leaf that a name served last. */
  served(name: string): string | undefined {
    return this.#served.get(name);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #work(first: number): Promise<void> {
    const { names } = this.#server;
    for (let turn = first; !this.#ending.signal.aborted; turn += workers) {
      const name = names[turn % names.length] ?? '';
      this.#made += 1;
      try {
        this.#served.set(name, await this.#shake(name));
      } catch (error) {
        this.#problems.push(`${new Date().toISOString()} ${name}: ${String(error)}`);
      }
      await pause(betweenMs);
    }
  }

  #shake(servername: string): Promise<string> {
    const { address, root } = this.#server;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = connect({ host: address, port: 443, servername, ca: root, timeout: limitMs });
    socket.on('secureConnect', () => {
      resolve((socket.getPeerX509Certificate()?.fingerprint256 ?? '').replaceAll(':', '').toLowerCase());
      socket.end();
    });
    socket.on('timeout', () => socket.destroy(new Error('no answer in time')));
    socket.on('error', reject);
    return promise;
  }
}
