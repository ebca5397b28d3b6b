import { certificates, managers } from '../../api/index.ts';
import { createOnly, ingresses, type KubeClient, type KubeObject, keyOf } from '../../kube/index.ts';
import { ConflictError, type Log, type Result, requeueAfter, settled, TransientError } from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { IngressRow } from '../ingress-row.ts';
import type { OwnWrites } from '../own-writes.ts';
import type { Plan } from './plan.ts';

/** What a step is carried out with. */
export interface Hands {
  readonly client: Pick<KubeClient, 'get' | 'apply' | 'remove'>;
  readonly log: Log;
  readonly writes: OwnWrites<IngressRow>;
}

/** Carries out one step of the plan for `certificate`: one Ingress is written at most. */
export async function act(
  hands: Hands,
  next: Plan,
  certificate: CertificateRow | undefined,
  signal: AbortSignal,
): Promise<Result> {
  switch (next.step) {
    case 'rest':
      return settled;
    case 'apply':
      if (next.replaces !== undefined) await confirm(hands, certificate, signal);
      await apply(hands, next, signal);
      return requeueAfter(0);
    case 'remove':
      await remove(hands, next.row, signal);
      return requeueAfter(0);
  }
}

/**
 * One live read before a route is changed: two that lead, one of them with a cache that lags, would else change it back and
 * forth as fast as they can.
 *
 * @throws ConflictError where the Certificate has another uid or spec than the one that was planned for.
 */
async function confirm({ client }: Hands, planned: CertificateRow | undefined, signal: AbortSignal): Promise<void> {
  if (planned === undefined) return;
  const { namespace, name, uid, generation, key } = planned;
  const live = await client.get<KubeObject>(certificates, { namespace, name }, signal);
  if (live?.metadata.uid === uid && live.metadata.generation === generation) return;
  throw new ConflictError(`the Certificate ${key} has changed since it was read`);
}

async function apply(
  { client, log, writes }: Hands,
  { route, replaces }: Extract<Plan, { step: 'apply' }>,
  signal: AbortSignal,
): Promise<void> {
  const object = replaces === undefined ? createOnly(route.object) : replacing(route.object, replaces);
  const options = { manager: managers.route, force: true, signal };
  const row = writes.note(replaces, await client.apply<KubeObject>(ingresses, object, options));
  if (row.digest !== route.digest) {
    // Without this an admission webhook that rewrites Ingresses would have us write for ever, as fast as we can.
    throw new TransientError(`the Ingress ${route.key} is not what was applied: something rewrites it on admission`);
  }
  log.info(replaces === undefined ? 'route made' : 'route changed', { resource: 'ingresses', ...fields(row) });
}

function replacing(object: KubeObject, { uid, resourceVersion }: IngressRow): KubeObject {
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
}

async function remove({ client, log, writes }: Hands, row: IngressRow, signal: AbortSignal): Promise<void> {
  const { key, namespace, name, uid, resourceVersion } = row;
  await client.remove(ingresses, { namespace, name }, { uid, resourceVersion }, signal);
  writes.noteRemoved(key, row);
  log.info('route removed', { resource: 'ingresses', ...fields(row) });
}

function fields({ certificateKey, namespace, name }: IngressRow): { name: string; reason: string } {
  return { name: keyOf({ namespace, name }), reason: `for the Certificate ${certificateKey}` };
}
