import { type CertificateStatus, challengePath, reachabilityToken } from '../../api/index.ts';
import { type Cache, type KubeClient, secrets } from '../../kube/index.ts';
import { type Clock, neverMs } from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { IngressRow } from '../ingress-row.ts';
import type { IssuerRow } from '../issuer-row.ts';
import type { BudgetSeen, Budgets } from './budget/budgets.ts';
import { wantedOrder } from './budget/wanted-order.ts';
import { orderedNames } from './names.ts';
import type {
  ArchiveSeen,
  Intent,
  Observed,
  OrderSeen,
  Reach,
  Refusal,
  RenewalInfoSeen,
  SecretSeen,
  Suggested,
} from './observed.ts';
import type { Account, Accounts } from './order/accounts.ts';
import { issuerSeen } from './order/issuer-seen.ts';
import { contradiction } from './order/order-checks.ts';
import { type HeldOrder, type Orders, unansweredOf } from './order/orders.ts';
import { refusalsIn, refusalsOf } from './order/refusals.ts';
import { usableIntent, wantsIssuance } from './plan.ts';
import type { EndpointRow } from './reach/endpoint-row.ts';
import { type Presenting, presented } from './reach/presented.ts';
import type { Probes, Target } from './reach/probes.ts';
import { among } from './reach/reach.ts';
import type { RenewalInfos } from './renewal/renewal-infos.ts';
import { askedAbout } from './renewal/suggestions.ts';
import { archiveName, archiveSeen } from './secret/archive.ts';
import { passwordsOf } from './secret/keystore-passwords.ts';
import type { Repairs } from './secret/repairs.ts';
import { isLost } from './secret/restore.ts';
import { type Secret, specHashOf } from './secret/secret.ts';
import { secretSeen } from './secret/secret-seen.ts';
import { unlessHeld } from './secret/take-over.ts';
import type { Revocations } from './verbs/revocations.ts';
import { asksForArchive } from './verbs/verb-steps.ts';

/** A name that leads to us today is looked at again this often. */
const lookAgainMs = 3_600_000;
/** An order is placed only where a name was reached this recently. */
const freshMs = 60_000;
const reachRetryMs = 60_000;

/** Where a pass reads from. */
export interface Sources {
  /** Secrets as they were read or written a moment ago, and as they are now. */
  readonly secrets: { readonly recent: Pick<KubeClient, 'get'>; readonly live: Pick<KubeClient, 'get'> };
  readonly clock: Clock;
  readonly certificates: Pick<Cache<CertificateRow>, 'by'>;
  readonly ingresses: Pick<Cache<IngressRow>, 'by'>;
  readonly endpoints: Pick<Cache<EndpointRow>, 'by'>;
  readonly issuerOf: (key: string) => IssuerRow | undefined;
  readonly accounts: Accounts;
  readonly budgets: Pick<Budgets, 'look'>;
  readonly orders: Orders;
  readonly probes: Probes;
  readonly renewalInfos: RenewalInfos;
  readonly repairs: Repairs;
  readonly revocations: Pick<Revocations, 'unrevoked'>;
  /** The responders' Service, `namespace/name`. */
  readonly responders: string;
  /** What every responder answers to the reachability token. */
  readonly installation: string;
}

/** What a pass has seen, and the account to act with where one is open. */
export interface Observation {
  readonly seen: Observed;
  readonly account: Account | undefined;
}

const never = new Date(neverMs);
const unaskedInfo: RenewalInfoSeen = { awaited: false, nextAt: never };
const unasked: Reach = { state: 'unknown', hosts: [], problems: [], since: new Date(0), retryAt: never };

/** Reads the caches, and by name or URL what no cache holds: the Secret, its archive, the order at the CA. Never writes. */
export async function observe(
  sources: Sources,
  certificate: CertificateRow,
  signal: AbortSignal,
): Promise<Observation> {
  const { clock } = sources;
  const passwords = await passwordsOf(sources.secrets.recent, certificate, signal);
  const secret = await secretOf(sources, { certificate, passwords }, signal);
  const rival = rivalOf(sources, certificate);
  const asks = asksForArchive(certificate, secret) || isLost({ certificate, secret });
  const asked = asks ? await archiveOf(sources, certificate, signal) : undefined;
  const basics = {
    certificate,
    secret,
    passwords,
    rival,
    archive: asked,
    suggested: suggestedFor(sources, certificate, secret),
    routedAt: routedAt(sources, certificate),
    repairsHeldUntil: sources.repairs.heldUntil(certificate),
    unrevoked: sources.revocations.unrevoked(certificate),
  };
  const issuing = wantsIssuance({ ...basics, reach: glanceAt(sources, certificate, secret) }, clock.now());

  // Read once: of what it was a moment ago and is now, nothing follows.
  const issuer = sources.issuerOf(certificate.issuerKey);
  const presenting = issuing ? await openAccount(sources, { certificate, issuer }, signal) : undefined;
  const specHash = specHashOf(certificate);
  const archive = asked ?? (presenting === undefined ? undefined : await archiveOf(sources, certificate, signal));
  const intent = usableIntent({ certificate, archive, secret, specHash });
  const reach = issuing && presenting === undefined ? unasked : reachOf(sources, certificate, issuing);
  const seen: Observed = {
    ...basics,
    renewalInfo: issuing ? unaskedInfo : await renewalInfoOf(sources, { ...basics, issuer }, signal),
    specHash,
    issuer: issuerSeen({ certificate, issuer, isOpen: !issuing || presenting !== undefined }, clock.now()),
    preferredChain: certificate.spec.preferredChain ?? issuer?.spec.acme.preferredChain,
    reach,
    archive,
    order: presenting === undefined ? undefined : await orderOf(sources, { ...presenting, intent }, signal),
    budget: presenting === undefined ? undefined : await budgetOf(sources, { ...basics, reach }, presenting, signal),
  };
  return { seen, account: presenting?.account };
}

/** When the youngest of its routes was made. */
function routedAt({ ingresses }: Sources, { uid }: CertificateRow): Date | undefined {
  const routes = ingresses.by('certificateUID', uid).map(({ createdAt }) => createdAt.getTime());
  return routes.length === 0 ? undefined : new Date(Math.max(...routes));
}

function suggestedFor(
  { renewalInfos }: Sources,
  certificate: CertificateRow,
  secret: SecretSeen,
): Suggested | undefined {
  const { fingerprint } = (secret.kind === 'ours' ? secret.issued : undefined) ?? {};
  return fingerprint === undefined ? undefined : renewalInfos.suggested(certificate, fingerprint);
}

/** Has the CA asked when it would like the certificate in the Secret to be renewed. */
async function renewalInfoOf(
  sources: Sources,
  seen: Pick<Observed, 'certificate' | 'rival' | 'secret'> & { readonly issuer: IssuerRow | undefined },
  signal: AbortSignal,
): Promise<RenewalInfoSeen> {
  const { certificate } = seen;
  const issued = askedAbout(seen, sources.clock.now());
  if (issued?.certID === undefined) return unaskedInfo;
  const opened = await openAccount(sources, seen, signal);
  if (opened === undefined) return unaskedInfo;
  const { certID, fingerprint } = issued;
  return sources.renewalInfos.look({ certificate, certID, fingerprint, client: opened.account.client }, signal);
}

/** Read anew where the status tells of another than is remembered: its watch may be behind that of the Certificate. */
async function secretOf(
  { secrets: { recent, live } }: Sources,
  { certificate, passwords }: Pick<Observed, 'certificate' | 'passwords'>,
  signal: AbortSignal,
): Promise<SecretSeen> {
  const ref = { namespace: certificate.namespace, name: certificate.secretName };
  const remembered = await recent.get<Secret>(secrets, ref, signal);
  const seen = secretSeen(certificate, remembered, passwords);
  const isNewest = isAsTold(certificate.status, seen);
  const secret = isNewest ? remembered : await live.get<Secret>(secrets, ref, signal);
  return unlessHeld(
    live,
    { certificate, secret, seen: isNewest ? seen : secretSeen(certificate, secret, passwords) },
    signal,
  );
}

/** Whether a Secret is as new as the status tells. One that is taken over has no revision, and the status its fingerprint alone. */
function isAsTold({ revision: told = 0, fingerprint }: CertificateStatus, secret: SecretSeen): boolean {
  const { revision, issued } = secret.kind === 'ours' ? secret : { revision: 0, issued: undefined };
  if (revision !== told) return revision > told;
  return fingerprint === undefined || fingerprint === issued?.fingerprint;
}

/** The oldest Certificate names a Secret for all of them; of two of one age, the one whose name comes first. */
function rivalOf({ certificates }: Sources, certificate: CertificateRow): string | undefined {
  const [oldest] = certificates
    .by('secret', certificate.secretKey)
    .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.name < b.name ? -1 : 1));
  return oldest === undefined || oldest.uid === certificate.uid ? undefined : oldest.key;
}

async function openAccount(
  { accounts }: Sources,
  { certificate, issuer }: { readonly certificate: CertificateRow; readonly issuer: IssuerRow | undefined },
  signal: AbortSignal,
): Promise<Presenting | undefined> {
  const account = await accounts.ready(issuer, signal);
  return issuer === undefined || account === undefined ? undefined : { certificate, issuer, account };
}

/** Whether an issuance is due may depend on which names have come to work, where there is a certificate for some of them. */
function glanceAt(sources: Sources, certificate: CertificateRow, secret: SecretSeen): Reach {
  const isPartial = certificate.spec.partialIssuance === true && secret.kind === 'ours' && secret.issued !== undefined;
  return isPartial ? reachOf(sources, certificate, false) : unasked;
}

/** Whether every name leads to a responder of ours, proven with the fixed token, before any order. */
function reachOf({ probes, installation }: Sources, certificate: CertificateRow, issuing: boolean): Reach {
  const targets = certificate.names.map((host): Target => {
    return { host, path: `${challengePath}${reachabilityToken}`, expect: installation };
  });
  const maxAgeMs = issuing ? freshMs : lookAgainMs;
  return probes.reach(certificate.key, targets, { maxAgeMs, retryCapMs: reachRetryMs });
}

/** Read anew where the recorded order is for another intent than is remembered: no watch tells of an archive. */
async function archiveOf(
  { secrets: { recent, live } }: Sources,
  certificate: CertificateRow,
  signal: AbortSignal,
): Promise<ArchiveSeen | undefined> {
  const ref = { namespace: certificate.namespace, name: archiveName(certificate) };
  const archive = archiveSeen(await recent.get<Secret>(secrets, ref, signal));
  const { order } = certificate.status;
  if (order === undefined || order.state === 'invalid' || order.revision === archive?.intent?.revision) return archive;
  return archiveSeen(await live.get<Secret>(secrets, ref, signal));
}

async function orderOf(
  sources: Sources,
  asking: Presenting & { readonly intent: Intent | undefined },
  signal: AbortSignal,
): Promise<OrderSeen | undefined> {
  const recorded = asking.certificate.status.order;
  if (recorded === undefined || recorded.state === 'invalid') return undefined;
  // Its key authorizations hold another thumbprint, or its key is not the archived one: it could never be gone on with.
  if (recorded.thumbprint !== asking.account.thumbprint || recorded.revision !== asking.intent?.revision) {
    return { state: 'foreign' };
  }
  const held = await sources.orders.read(asking.account.client, recorded.url, signal);
  if ('state' in held) return held;
  const why = contradiction(recorded, held);
  if (why !== undefined) return { state: 'changed', why };
  const unanswered = held.order.status === 'pending' && !held.answered ? unansweredOf(held.authorizations) : [];
  return {
    state: held.order.status,
    unanswered,
    refused: refusedIn(held, asking.certificate.names),
    error: held.order.error,
    pollAt: held.pollAt,
    since: held.since,
    presented: unanswered.length === 0 ? unasked : presented(sources, asking, held.authorizations),
  };
}

/** Asked where the next thing is an order: who waits for something else is not to have a turn that others could use. */
async function budgetOf(
  { budgets, clock }: Sources,
  seen: Pick<Observed, 'certificate' | 'secret' | 'reach' | 'routedAt'>,
  { account }: Presenting,
  signal: AbortSignal,
): Promise<BudgetSeen | undefined> {
  const now = clock.now();
  const names = orderedNames(seen, now);
  const recorded = seen.certificate.status.order;
  const isReached = among(seen.reach, names, now).state === 'reached';
  const isNext = isReached && (recorded === undefined || recorded.state === 'invalid');
  return isNext ? budgets.look(wantedOrder(seen, account, names), signal) : undefined;
}

/** What the authorizations say, else what the order itself says. */
function refusedIn({ order, authorizations }: HeldOrder, names: readonly string[]): readonly Refusal[] {
  if (order.status !== 'invalid') return [];
  const told = refusalsOf(authorizations);
  return told.length > 0 || order.error === undefined ? told : refusalsIn({ problem: order.error }, names);
}
