import type { AcmeClient, OrderRequest } from '../../../src/acme/index.ts';
import type { CertificateStatus } from '../../../src/api/index.ts';
import { type KubeClient, type KubeObject, keyOf, type Ref, type Resource } from '../../../src/kube/index.ts';
import type { Wiring } from '../world/world.ts';

/** A write, as far as a mutant looks at it. */
interface Written {
  readonly plural: string;
  readonly name: string;
  readonly status: CertificateStatus | undefined;
}

/** One write that comes too late; its process believes in it at once. */
interface Mutation {
  readonly holds: (write: Written) => boolean;
  /** Whether what was just done is what the write waited for; `write` where that was a write. */
  readonly until: (done: string, write?: Written) => boolean;
}

/** A deliberately broken operator. */
export interface Mutant {
  /** What it does, as a sentence that goes on from "an operator that". */
  readonly what: string;
  readonly wiring: Wiring;
  /** The family of schedules that has to find it in a first issuance, and what that has to say. */
  readonly family: string;
  readonly found: RegExp;
}

export const mutants: readonly Mutant[] = [
  {
    what: 'records the order only after its challenges were answered',
    wiring: late({ holds: ({ status }) => status?.order?.state === 'pending', until: (done) => done === 'answer' }),
    family: 'crash',
    found: /for an order that is not recorded|orders were orphaned/,
  },
  {
    what: 'stores the key only after the order was finalized',
    wiring: late({
      holds: ({ plural, name }) => plural === 'secrets' && name.startsWith('evercert-archive-'),
      until: (done) => done === 'finalize',
    }),
    family: 'crash',
    found: /an order is placed before its key is stored/,
  },
  {
    what: 'writes the status before the Secret',
    wiring: late({
      holds: ({ plural, name }) => plural === 'secrets' && name === 'shop-tls',
      until: (_, write) => write?.status !== undefined && write.status.order === undefined,
    }),
    family: 'crash',
    found: /tells of a certificate that no Secret has ever held/,
  },
  {
    what: 'writes without preconditions',
    wiring: unconditional,
    family: 'leader',
    found: /recorded for a revision that its Secret has reached/,
  },
];

/** An operator that overwrites whatever is there by now. */
function unconditional({ client, acme }: Parameters<Wiring>[0]): ReturnType<Wiring> {
  return {
    acme,
    client: {
      ...delegating(client),
      apply: async <T extends KubeObject>(
        ...[resource, object, options]: Parameters<KubeClient['apply']>
      ): Promise<T> => {
        const { uid, resourceVersion, ...metadata } = object.metadata;
        void [uid, resourceVersion];
        return client.apply<T>(resource, { ...object, metadata }, options);
      },
    },
  };
}

/** An operator that makes one of its writes too late: what it holds back dies with its process. */
function late({ holds, until }: Mutation): Wiring {
  return ({ client, acme }) => {
    let held: { readonly id: string; readonly object: KubeObject; readonly send: () => Promise<unknown> } | undefined;
    const release = async (): Promise<void> => {
      const { send } = held ?? {};
      held = undefined;
      await send?.();
    };
    return {
      client: {
        ...delegating(client),
        get: async <T extends KubeObject>(resource: Resource, ref: Ref, signal?: AbortSignal) =>
          held?.id === idOf(resource, ref) ? (held.object as T) : client.get<T>(resource, ref, signal),
        apply: async <T extends KubeObject>(...asked: Parameters<KubeClient['apply']>): Promise<T> => {
          const [resource, object] = asked;
          const write = writtenBy(asked);
          if (holds(write)) {
            const before = await client.get<T>(resource, object.metadata);
            const { uid = 'held' } = before?.metadata ?? {};
            const metadata = { ...before?.metadata, ...object.metadata, uid, resourceVersion: 'held' };
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
          <A extends readonly unknown[], T>(name: string, ask: (...asked: A) => Promise<T>) =>
          async (...asked: A): Promise<T> => {
            const answer = await ask(...asked);
            if (until(name)) await release();
            return answer;
          };
        return {
          ...ca,
          newOrder: after('newOrder', (request: OrderRequest) => ca.newOrder(request)),
          answer: after('answer', (url: string) => ca.answer(url)),
          finalize: after('finalize', (...asked: Parameters<AcmeClient['finalize']>) => ca.finalize(...asked)),
        };
      },
    };
  };
}

function delegating(client: KubeClient): KubeClient {
  return {
    get: (...asked) => client.get(...asked),
    apply: (...asked) => client.apply(...asked),
    create: (...asked) => client.create(...asked),
    replace: (...asked) => client.replace(...asked),
    patch: (...asked) => client.patch(...asked),
    remove: (...asked) => client.remove(...asked),
    list: (...asked) => client.list(...asked),
    watch: (...asked) => client.watch(...asked),
    close: () => client.close(),
  };
}

function writtenBy([resource, object]: Parameters<KubeClient['apply']>): Written {
  const { status } = object as { status?: CertificateStatus };
  return { plural: resource.plural, name: object.metadata.name, status };
}

function idOf({ plural }: Resource, ref: Ref): string {
  return `${plural} ${keyOf(ref)}`;
}
