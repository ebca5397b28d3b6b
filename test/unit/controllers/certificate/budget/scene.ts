import { Budgets, type WantedOrder } from '../../../../../src/controllers/certificate/budget/budgets.ts';
import { ledgerConfigMap } from '../../../../../src/controllers/certificate/budget/ledger.ts';
import { rateLimitsOf } from '../../../../../src/controllers/certificate/budget/limits.ts';
import type { CertificateRow } from '../../../../../src/controllers/certificate-row.ts';
import type { IssuerRow } from '../../../../../src/controllers/issuer-row.ts';
import { configMaps, type KubeClient } from '../../../../../src/kube/index.ts';
import { virtualClock } from '../../../../kit/clock.ts';
import { recordedLog } from '../../../../kit/log.ts';
import { MemoryCluster } from '../../../../kit/memory-cluster.ts';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const directory = 'https://acme-v02.api.letsencrypt.org/directory';
export const account = 'https://acme-v02.api.letsencrypt.org/acme/acct/1';
export const ledgerRef = { namespace: 'evercert', name: ledgerConfigMap };

const issuer = {
  key: 'ClusterIssuer/le',
  spec: { acme: { server: directory, privateKeySecretRef: { name: 'key' } } },
  status: { acme: { uri: account } },
} as IssuerRow;

/** An order that Let's Encrypt has not seen before. */
export function order(over: Partial<WantedOrder> = {}): WantedOrder {
  const names = over.names ?? ['shop.example'];
  const rates = rateLimitsOf({ server: directory });
  // How fast orders may come is tested apart.
  const { newOrders: _, ...limits } = rates.limits;
  return {
    key: `web/${names.join('-')}`,
    directory,
    account,
    rates: { ...rates, limits },
    names,
    isRenewal: false,
    ...over,
  };
}

/** A cluster in which operators come and go. */
export class Scene {
  readonly clock = virtualClock();
  readonly cluster = new MemoryCluster();
  readonly log = recordedLog();
  #life = new AbortController();
  /** The Certificates that there are. */
  rows: readonly Pick<CertificateRow, 'names' | 'status' | 'issuerKey'>[] = [];

  /** Of every process that runs. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Ends every process that runs, and starts one. */
  restart(): Budgets {
    this.#life.abort();
    this.#life = new AbortController();
    return this.start();
  }

  /** What a process begins with. */
  start(client: Pick<KubeClient, 'get' | 'apply'> = this.cluster.client): Budgets {
    return new Budgets({
      client,
      clock: this.clock,
      log: this.log,
      namespace: ledgerRef.namespace,
      certificates: { list: () => this.rows as readonly CertificateRow[] },
      issuerOf: (key) => (key === issuer.key ? issuer : undefined),
    });
  }

  /** How often the ledger was stored. */
  get writes(): number {
    return this.cluster.writes.filter((asked) => asked.startsWith('apply configmaps')).length;
  }

  /** Every line that is stored. */
  get lines(): string[] {
    const { data = {} } = (this.cluster.peek(configMaps, ledgerRef) ?? {}) as { data?: Record<string, string> };
    return Object.values(data).flatMap((text) => text.split('\n').filter((line) => line !== ''));
  }

  /**
   * Places orders one after another as long as the budget allows it, and then once more a minute later: of a bucket that was full
   * the last token is given then. @returns how many.
   */
  async placeAll(budgets: Budgets, orders: Iterable<WantedOrder>): Promise<number> {
    let placed = 0;
    let waited = false;
    for (const one of orders) {
      if (!waited && (await budgets.look(one, this.signal)).state !== 'allows') {
        waited = true;
        await this.clock.advance(minute);
      }
      if ((await budgets.look(one, this.signal)).state !== 'allows') break;
      await budgets.spend(one, this.signal);
      placed += 1;
    }
    return placed;
  }
}

/** Orders of which no two have a name or a domain in common. */
export function different(count: number, from = 0): WantedOrder[] {
  return Array.from({ length: count }, (_, one) => order({ names: [`shop.example-${from + one}.com`] }));
}

/** One order again and again. */
export function* same(over: Partial<WantedOrder> = {}): Generator<WantedOrder> {
  for (;;) yield order(over);
}
