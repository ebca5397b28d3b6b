import { annotations, certificates } from '../../../src/api/index.ts';
import { type Secret, textOf } from '../../../src/controllers/certificate/secret/secret.ts';
import { projectCertificate } from '../../../src/controllers/certificate-row.ts';
import { events, type KubeObject, leases, pods, secrets } from '../../../src/kube/index.ts';
import { readChain } from '../../../src/pki/index.ts';
import { isLedger } from '../world/objects.ts';
import type { World } from '../world/world.ts';
import { type Ending, shop, shopSecret } from './scenarios/index.ts';

/** Objects that tell of what happened and not of what is: they differ from run to run. */
const untold: ReadonlySet<string> = new Set([events.plural, leases.plural, pods.plural, 'replicasets']);

/** The state of the whole cluster by object, without whatever may differ between two runs that come to the same: times, uids, keys, tokens. */
export function endStateOf({ truth, node, ca }: World): ReadonlyMap<string, string> {
  const names = new Map(truth.all.map(([id, { metadata }]) => [metadata.uid ?? '', `<${id}>`]));
  const told = truth.all.filter(([id]) => !untold.has(id.slice(0, id.indexOf(' '))) && !isLedger(id));
  const state = new Map(
    told.map(([id, object]) => [anonymous(id, names), anonymous(JSON.stringify(sorted(described(object))), names)]),
  );
  const served = (truth.list(pods) as Pod[]).map(({ status }) => node.leafAt(status?.podIP ?? '') ?? 'nothing');
  const current = new Set(truth.list(certificates).map((object) => projectCertificate(object).status.fingerprint));
  state.set(
    'served',
    served
      .map((leaf) => (current.has(leaf) ? 'current' : 'another'))
      .toSorted()
      .join(' '),
  );
  state.set(
    'accounts at the CA',
    ca.accounts.map(({ status, contact }) => `${status} ${contact.join(' ')}`).join(', '),
  );
  return state;
}

/** In what the Certificate of the shop has not come to what it ought to, in sentences. */
export function unmet({ truth }: World, { ready, issuing, revision }: Ending): string[] {
  const object = truth.get(certificates, shop);
  const conditions = (object === undefined ? undefined : projectCertificate(object).status.conditions) ?? [];
  const secret = truth.get(secrets, { namespace: shop.namespace, name: shopSecret });
  const is = {
    Ready: conditions.find(({ type }) => type === 'Ready')?.reason,
    Issuing: conditions.find(({ type }) => type === 'Issuing')?.reason,
    'the revision of the Secret': Number(secret?.metadata.annotations?.[annotations.revision] ?? 0),
  };
  const ought: typeof is = { Ready: ready, Issuing: issuing, 'the revision of the Secret': revision };
  return JSON.stringify(is) === JSON.stringify(ought)
    ? []
    : [`it comes to ${JSON.stringify(is)}, and ought to ${JSON.stringify(ought)}`];
}

interface Pod extends KubeObject {
  readonly status?: { readonly podIP?: string };
}

/** The object with what counts: of a pair whether it fits and for which names it is, of the rest all but its history. */
function described(object: KubeObject): unknown {
  const { resourceVersion, managedFields, generation, ...metadata } = object.metadata;
  void [resourceVersion, managedFields, generation];
  return { ...object, metadata, ...pairOf(object) };
}

function pairOf(object: KubeObject): object {
  const secret = object as Secret;
  if (object.kind !== 'Secret' || secret.data?.['tls.crt'] === undefined) return {};
  const { leaf } = readChain(textOf(secret, 'tls.crt'));
  return { data: { names: leaf.names, fits: leaf.hasKey(textOf(secret, 'tls.key')) } };
}

/** With every record in the order of its keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

function anonymous(text: string, names: ReadonlyMap<string, string>): string {
  let plain = text;
  for (const [uid, name] of names) if (uid !== '') plain = plain.replaceAll(uid, name);
  return plain
    .replace(/(?<=\\"replaces\\":\\")[\w.-]+/g, '<certID>')
    .replace(/(?<="token":")[\w-]+/g, '<token>')
    .replace(/\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?/g, '<time>')
    .replace(/https:\/\/ca\.test\/[\w/-]+/g, '<url>')
    .replace(/\b[0-9a-f]{16,}\b/gi, '<hex>')
    .replace(/[\w+/-]{40,}={0,2}/g, '<bytes>')
    .replace(/10\.1\.\d+\.\d+/g, '<address>');
}

/** How much of a difference is shown. */
const shown = 200;

/** What differs between two states, in sentences. */
export function differences(is: ReadonlyMap<string, string>, ought: ReadonlyMap<string, string>): string[] {
  return [...new Set([...is.keys(), ...ought.keys()])].flatMap((id) => {
    const [one, other] = [is.get(id), ought.get(id)];
    if (one === other) return [];
    if (one === undefined) return [`${id} is not there in the end`];
    if (other === undefined) return [`${id} is there in the end, and ought not to be`];
    const from = Math.max(0, commonStart(one, other) - shown / 4);
    return [`${id} ends as …${one.slice(from, from + shown)}…, undisturbed as …${other.slice(from, from + shown)}…`];
  });
}

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
