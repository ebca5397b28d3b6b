import { type Certificate, certificates } from '../../../src/api/index.ts';
import { archiveSeen } from '../../../src/controllers/certificate/secret/archive.ts';
import { type Secret, textOf } from '../../../src/controllers/certificate/secret/secret.ts';
import { projectCertificate } from '../../../src/controllers/certificate-row.ts';
import { deployments, type KubeObject, secrets } from '../../../src/kube/index.ts';
import { readChain } from '../../../src/pki/index.ts';
import type { Commit } from './history.ts';
import type { Shop } from './site.ts';

/** A text without what tells one run from another: uids, the id of the installation, namespaces and numbers. */
function anonymous(text: string, { name }: Shop): string {
  return text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/[0-9a-f]{32}/g, 'ID')
    .replaceAll(/chaos-[0-9a-f]{8}/g, 'NAMESPACE')
    .replaceAll(name, 'shop');
}

/** All that has to be the same however a run was disturbed, by object: no times, tokens, keys and serial numbers. */
export function endStateOf(shop: Shop, commits: readonly Commit[]): ReadonlyMap<string, string> {
  const objects = new Map<string, KubeObject>();
  for (const { plural, before, after } of commits) {
    const id = `${plural} ${(after ?? before)?.metadata.name ?? ''}`;
    if (after === undefined) objects.delete(id);
    else objects.set(id, after);
  }
  return new Map(
    [...objects].map(([id, object]) => [anonymous(id, shop), anonymous(JSON.stringify(described(object)), shop)]),
  );
}

function described(object: KubeObject): unknown {
  if (object.kind === certificates.kind) return certificateState(object);
  if (object.kind === deployments.kind) return { generation: object.metadata.generation };
  if (object.kind !== secrets.kind) return { ...object, metadata: { labels: object.metadata.labels } };
  const { labels, annotations = {} } = object.metadata;
  const marks = { labels, annotations: Object.keys(annotations).toSorted() };
  const secret = object as Secret;
  if (secret.data?.['tls.crt'] === undefined) {
    const archive = archiveSeen(secret);
    return { ...marks, intent: archive?.intent?.revision, history: archive?.history.map(({ revision }) => revision) };
  }
  const { leaf } = readChain(textOf(secret, 'tls.crt'));
  const revision = annotations['evercert.dev/revision'];
  return { ...marks, revision, names: leaf.names, fits: leaf.hasKey(textOf(secret, 'tls.key')) };
}

function certificateState(object: KubeObject): unknown {
  const { status, generation } = projectCertificate(object);
  const { observedGeneration, conditions = [], revision, order, failure } = status;
  const told = conditions.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`);
  return { observed: observedGeneration === generation, told: told.toSorted(), revision, order, failure };
}

/**
 * How often each object was made, changed and deleted. Of a Deployment its specification alone counts; and that a name is not
 * reached yet is told where its route takes longer than 10 s, with a crash or without.
 */
export function changesOf(shop: Shop, commits: readonly Commit[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { plural, before, after } of commits) {
    const isUnchanged = after?.metadata.generation === before?.metadata.generation;
    if (plural === deployments.plural && isUnchanged) continue;
    if (plural === certificates.plural && isUnreached(after)) continue;
    const what = before === undefined ? 'created' : after === undefined ? 'deleted' : 'updated';
    const change = `${plural} ${anonymous((after ?? before)?.metadata.name ?? '', shop)} ${what}`;
    counts.set(change, (counts.get(change) ?? 0) + 1);
  }
  return counts;
}

function isUnreached(object: KubeObject | undefined): boolean {
  const { conditions = [] } = (object as Certificate | undefined)?.status ?? {};
  return conditions.some(({ type, status }) => type === 'Reachable' && status === 'False');
}
