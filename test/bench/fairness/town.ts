import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { environment } from '../../kit/inside.ts';
import { isError, OperatorProcess } from '../../kit/operator-process.ts';
import { within } from '../../kit/until.ts';
import { Site } from '../site.ts';
import { startFront } from './front.ts';

const run = promisify(execFile);

const ingressClass = 'front';
const readyLimitMs = 60_000;
/** What is sent to these addresses is answered by nobody (RFC 5737). */
const silentNetwork = '198.51.100';

/**
 * Names of two kinds. The good ones lead to a front door that has every route at once: no ingress controller is measured here,
 * of which a thousand new routes would take minutes. The others lead into a network without hosts.
 */
export class Town implements AsyncDisposable {
  readonly #site: Site;
  readonly #parts: AsyncDisposableStack;
  #made = 0;

  private constructor(site: Site, parts: AsyncDisposableStack) {
    this.#site = site;
    this.#parts = parts;
  }

  /** @param program Path of the bundled operator. */
  static async open(program: string): Promise<Town> {
    await using stack = new AsyncDisposableStack();
    const address = new URL(environment('ACME_DIRECTORY')).hostname;
    await makeSilentNetwork();
    const site = stack.use(await Site.open({ name: 'fairness', address, ingressClass }));
    const [port = 0] = site.responders.ports;
    stack.use(await startFront(address, port));
    const operator = await OperatorProcess.start({
      program,
      namespace: site.namespace,
      kubeconfig: site.kubeconfig,
      identity: 'fairness',
      elected: false,
      onLine: (line) => {
        if (isError(line)) console.error(line);
      },
    });
    stack.defer(() => operator.kill());
    await within(readyLimitMs, 'the operator is ready', () => operator.isReady());
    return new Town(site, stack.move());
  }

  /** Asks for certificates of names that swallow packets. */
  async requestSilent(count: number): Promise<void> {
    const names = this.#names('silent', count);
    await Promise.all(
      names.map((name, index) => leadTo(this.#site.hostOf(name), `${silentNetwork}.${1 + (index % 250)}`)),
    );
    await Promise.all(names.map((name) => this.#site.request(name)));
  }

  /** Asks for certificates of good names, all at once. For each: milliseconds from the apply's being sent until Ready was seen. */
  issueGood(count: number): Promise<number[]> {
    return Promise.all(
      this.#names('good', count).map(async (name) => {
        const asked = performance.now();
        await this.#site.issue(name);
        return performance.now() - asked;
      }),
    );
  }

  /** Deletes all Certificates, and waits until their routes are gone. */
  clear(): Promise<void> {
    return this.#site.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }

  /** Names that were never used before. */
  #names(kind: string, count: number): string[] {
    return Array.from({ length: count }, () => {
      this.#made += 1;
      return `${kind}-${this.#made}`;
    });
  }
}

/** One end of a pair of which the other belongs to nobody: a packet goes out, and none comes back. */
async function makeSilentNetwork(): Promise<void> {
  for (const command of [
    'link add silent0 type veth peer name silent0p',
    'link set silent0 arp off up',
    'link set silent0p arp off up',
    `route add ${silentNetwork}.0/24 dev silent0`,
  ]) {
    await run('ip', command.split(' '));
  }
}

async function leadTo(host: string, address: string): Promise<void> {
  await fetch(`${environment('DNS_MANAGEMENT')}/add-a`, {
    method: 'POST',
    body: JSON.stringify({ host: `${host}.`, addresses: [address] }),
  });
}
