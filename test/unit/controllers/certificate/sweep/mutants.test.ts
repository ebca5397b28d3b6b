import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AcmeClient, OrderRequest } from '../../../../../src/acme/index.ts';
import type { CertificateStatus } from '../../../../../src/api/index.ts';
import { type KubeClient, type KubeObject, keyOf, type Ref, type Resource } from '../../../../../src/kube/index.ts';
import type { Network } from './process.ts';
import { scenarios } from './scenarios.ts';
import { crashAt, faultsOf, type Outcome, run, undisturbed } from './trial.ts';

interface Written {
  readonly plural: string;
  readonly name: string;
  /** Of a status write: what it records as order. */
  readonly order: CertificateStatus['order'];
  readonly status: CertificateStatus | undefined;
}

interface Mutation {
  /** The write that comes too late; its process believes in it at once. */
  readonly holds: (write: Written) => boolean;
  /** What has to be done before it is really made. */
  readonly until: (done: string, write?: Written) => boolean;
}

/** A controller that makes one of its writes too late: what it holds back dies with its process. */
function late({ holds, until }: Mutation): (network: Network) => Network {
  return ({ client, acme }) => {
    let held: { readonly id: string; readonly object: KubeObject; readonly send: () => Promise<unknown> } | undefined;
    const release = async (): Promise<void> => {
      const { send } = held ?? {};
      held = undefined;
      await send?.();
    };
    return {
      client: {
        get: async <T extends KubeObject>(resource: Resource, ref: Ref) =>
          held?.id === idOf(resource, ref) ? (held.object as T) : client.get<T>(resource, ref),
        apply: async <T extends KubeObject>(...asked: Parameters<KubeClient['apply']>): Promise<T> => {
          const [resource, object] = asked;
          const write = writtenBy(asked);
          if (holds(write)) {
            const before = await client.get<T>(resource, object.metadata);
            const metadata = { ...before?.metadata, ...object.metadata, uid: 'held', resourceVersion: 'held' };
            const fake = { ...before, ...object, metadata };
            held = { id: idOf(resource, object.metadata), object: fake, send: () => client.apply(...asked) };
            return fake as T;
          }
          const applied = await client.apply<T>(...asked);
          if (until('apply', write)) await release();
          return applied;
        },
      },
      acme: (access) => {
        const ca = acme(access);
        const after =
          <A, T>(name: string, ask: (asked: A) => Promise<T>) =>
          async (asked: A): Promise<T> => {
            const answer = await ask(asked);
            if (until(name)) await release();
            return answer;
          };
        return {
          ...ca,
          newOrder: after('newOrder', (request: OrderRequest) => ca.newOrder(request)),
          answer: after('answer', (url: string) => ca.answer(url)),
        } satisfies AcmeClient;
      },
    };
  };
}

function writtenBy([resource, object]: Parameters<KubeClient['apply']>): Written {
  const { status } = object as { status?: CertificateStatus };
  return { plural: resource.plural, name: object.metadata.name, status, order: status?.order };
}

function idOf({ plural }: Resource, ref: Ref): string {
  return `${plural} ${keyOf(ref)}`;
}

const isArchive = ({ plural, name }: Written): boolean => plural === 'secrets' && name.startsWith('evercert-archive-');
const isSecret = ({ plural, name }: Written): boolean => plural === 'secrets' && name === 'shop-tls';
const mutants: readonly { readonly name: string; readonly mutation: Mutation; readonly found: RegExp }[] = [
  {
    name: 'records the order only after its challenges were answered',
    mutation: { holds: ({ order }) => order?.state === 'pending', until: (done) => done === 'answer' },
    found: /[23] orders were orphaned, 1 may be/,
  },
  {
    name: 'stores the key only after the order was placed',
    mutation: { holds: isArchive, until: (done) => done === 'newOrder' },
    found: /an order is placed before its key is stored/,
  },
  {
    name: 'writes the status before the Secret',
    mutation: { holds: isSecret, until: (_, write) => write?.status !== undefined && write.order === undefined },
    found: /the status tells of a certificate that the Secret has never held/,
  },
];

describe('the sweep finds a controller that', () => {
  for (const { name, mutation, found } of mutants) {
    test(name, async () => {
      const [scenario] = scenarios;
      assert.ok(scenario);
      const sound = await run(scenario, undisturbed);
      const wrong = (outcome: Outcome): string[] => faultsOf(outcome, sound, 1);
      const wiring = late(mutation);
      const faults = wrong(await run(scenario, undisturbed, wiring));
      for (let at = 0; at < 4; at += 1) {
        faults.push(
          ...wrong(
            await run(
              scenario,
              crashAt(at, 'after its answer', () => {}),
              wiring,
            ),
          ),
        );
      }
      assert.match(faults.join('\n'), found);
    });
  }
});
