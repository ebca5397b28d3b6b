import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { buildPrograms } from '../../kit/cluster/programs.ts';
import { progressOn } from '../../kit/cluster/progress.ts';
import { Listeners } from '../../kit/listeners.ts';
import { selfSigned } from '../../kit/self-signed.ts';

const longestStartMs = 20_000;
const headers = { 'user-agent': 'evercert-test' };

/** How a Pebble differs from the usual one. */
export interface PebbleOptions {
  /** How many of a hundred nonces it refuses. Default: none. */
  readonly refusedNonces?: number;
  /** How many of a hundred authorizations it reuses that are valid already. Default: none, but for one of a hundred. */
  readonly reusedAuthorizations?: number;
  /** How many chains there are beside the first. Default: none. */
  readonly alternateChains?: number;
  /** How many seconds it waits at most, by chance, before it validates. Default: none. */
  readonly longestSleep?: number;
  /** Members of its configuration. */
  readonly config?: object;
}

/**
 * A real ACME server of a test's own, on loopback ports. Every name leads to this machine, where the answers of
 * challenges are served from `answers`.
 */
export class Pebble {
  readonly directoryUrl: string;
  /** Where what is no part of ACME is asked for. */
  readonly managementUrl: string;
  /** Verifies the HTTPS of both. */
  readonly caBundle: string;
  /** Key authorizations by token. */
  readonly answers = new Map<string, string>();
  /** What a name answers for a path, where `answers` has nothing. */
  answer: (host: string, path: string) => string | undefined = () => undefined;
  /** Tokens under which the connection is closed without an answer. */
  readonly hangUps = new Set<string>();
  readonly #folder: string;
  readonly #processes: ChildProcess[] = [];
  readonly #listeners = new Listeners();
  #start: () => void = () => {
    throw new Error('Pebble was never started');
  };

  private constructor(parts: { folder: string; port: number; managementPort: number; caBundle: string }) {
    this.#folder = parts.folder;
    this.directoryUrl = `https://127.0.0.1:${parts.port}/dir`;
    this.managementUrl = `https://127.0.0.1:${parts.managementPort}`;
    this.caBundle = parts.caBundle;
  }

  static async start(options: PebbleOptions = {}): Promise<Pebble> {
    const { pebble: binaries } = await buildPrograms(['pebble'], progressOn(process.stderr));
    const [port, managementPort, dnsPort, dnsManagementPort, tlsPort] = await freePorts();
    const folder = await mkdtemp(join(tmpdir(), 'evercert-pebble-'));
    const { certificate, key } = await selfSigned('127.0.0.1');
    const pebble = new Pebble({ folder, port, managementPort, caBundle: certificate });
    const httpPort = await pebble.#listeners.listen(pebble.#challengeServer());
    const whole = {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: join(folder, 'certificate.pem'),
      privateKey: join(folder, 'key.pem'),
      httpPort,
      tlsPort,
      retryAfter: { authz: 1, order: 1 },
      profiles: { default: { description: 'For everybody', validityPeriod: 90 * 24 * 3_600 } },
      ...options.config,
    };
    await writeFile(whole.certificate, certificate);
    await writeFile(whole.privateKey, key);
    await writeFile(join(folder, 'config.json'), JSON.stringify({ pebble: whole }));
    pebble.#run(join(binaries, 'pebble-challtestsrv'), challtestsrvFlags(dnsManagementPort, dnsPort));
    const flags = ['-strict', '-config', join(folder, 'config.json'), '-dnsserver', `127.0.0.1:${dnsPort}`];
    pebble.#start = () => pebble.#run(join(binaries, 'pebble'), flags, chances(options));
    pebble.#start();
    await pebble.#untilReady();
    return pebble;
  }

  /** Ends it and starts it anew, at the same address: it has forgotten everything, its own keys included. */
  async restart(): Promise<void> {
    await ended(this.#processes.pop());
    this.#start();
    await this.#untilReady();
  }

  /** The common names of its roots: the first chain's, and those of the alternate ones. */
  async rootNames(count: number): Promise<readonly string[]> {
    const dispatcher = new Agent({ connect: { ca: this.caBundle } });
    const names = Array.from({ length: count }, async (_, root) => {
      const { body } = await request(`${this.managementUrl}/roots/${root}`, { dispatcher, headers });
      return /CN=(.+)/.exec(new X509Certificate(await body.text()).subject)?.[1] ?? '';
    });
    try {
      return await Promise.all(names);
    } finally {
      await dispatcher.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.close();
    for (const child of this.#processes) await ended(child);
    await rm(this.#folder, { recursive: true });
  }

  #challengeServer(): Server {
    return createServer((incoming, response) => {
      const token = incoming.url?.replace('/.well-known/acme-challenge/', '') ?? '';
      if (this.hangUps.has(token)) {
        incoming.socket.destroy();
        return;
      }
      const host = incoming.headers.host?.split(':')[0] ?? '';
      const answer = this.answers.get(token) ?? this.answer(host, incoming.url ?? '');
      response.writeHead(answer === undefined ? 404 : 200, { connection: 'close' }).end(answer);
    });
  }

  #run(command: string, flags: readonly string[], environment: Record<string, string> = {}): void {
    const child = spawn(command, flags, { env: environment, stdio: 'ignore' });
    this.#processes.push(child);
  }

  async #untilReady(): Promise<void> {
    const dispatcher = new Agent({ connect: { ca: this.caBundle } });
    const deadline = performance.now() + longestStartMs;
    for (;;) {
      try {
        const { body } = await request(this.directoryUrl, { dispatcher, headers });
        await body.dump();
        return await dispatcher.close();
      } catch (cause) {
        if (performance.now() > deadline) throw new Error('Pebble does not start', { cause });
        await delay(50);
      }
    }
  }
}

/** What Pebble leaves to chance unless told by its environment. */
function chances(options: PebbleOptions): Record<string, string> {
  const { refusedNonces = 0, reusedAuthorizations = 0, alternateChains = 0, longestSleep } = options;
  return {
    ...(longestSleep === undefined ? { PEBBLE_VA_NOSLEEP: '1' } : { PEBBLE_VA_SLEEPTIME: String(longestSleep) }),
    PEBBLE_AUTHZREUSE: String(reusedAuthorizations),
    PEBBLE_WFE_NONCEREJECT: String(refusedNonces),
    PEBBLE_ALTERNATE_ROOTS: String(alternateChains),
  };
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child?.exitCode === null && child.kill()) await once(child, 'exit');
}

function challtestsrvFlags(managementPort: number, dnsPort: number): readonly string[] {
  const off = ['http01', 'https01', 'tlsalpn01', 'doh'].map((name) => `-${name}=`);
  return [
    `-management=127.0.0.1:${managementPort}`,
    `-dnsserver=127.0.0.1:${dnsPort}`,
    '-defaultIPv4=127.0.0.1',
    '-defaultIPv6=',
    ...off,
  ];
}

/** Five ports that were free a moment ago. */
async function freePorts(): Promise<readonly [number, number, number, number, number]> {
  const listeners = new Listeners();
  const free = (): Promise<number> => listeners.listen(createTcpServer());
  const ports = [await free(), await free(), await free(), await free(), await free()] as const;
  listeners.close();
  return ports;
}
