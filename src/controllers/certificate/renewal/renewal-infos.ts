import { type AcmeClient, AcmeError } from '../../../acme/index.ts';
import { type Clock, Elapsed, type Log, TransientError } from '../../../runtime/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { RenewalInfoSeen, Suggested } from '../observed.ts';
import { recordedSuggestion, saysTheSame, suggestionOf } from './suggestions.ts';
import { TurnsByPlace } from './turns-by-place.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Where the CA does not say, and after errors that will not pass by themselves (RFC 9773, 4.3.3). */
const usualWaitMs = 6 * hourMs;
/** After an error that may pass: doubled so many times from a minute on, then it is taken for one that does not. */
const mostQuickRetries = 6;
/** Problems that may pass by themselves. */
const passing: ReadonlySet<string> = new Set(['rateLimited', 'serverInternal', 'badNonce']);
/** For so long the record of a new certificate waits for the CA's first word, so that it need not be written twice. */
const patienceMs = 2_000;
/** What one issuer's CA is asked at most; Let's Encrypt admits 1,000 in a second. */
const bounds = { perSecond: 50, mostAtOnce: 100, pauseMs: 5_000 };

/** A certificate, and whom to ask about it. */
export interface Asking {
  readonly certificate: CertificateRow;
  /** As the CA knows it (RFC 9773, 4.1). */
  readonly certID: string;
  readonly fingerprint: string;
  readonly client: Pick<AcmeClient, 'renewalInfo'>;
}

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  /** Has the Certificate of this key looked at in so many milliseconds. */
  readonly promise: (key: string, ms: number) => void;
}

/** There is one for each Certificate, so it has to be small. */
interface Entry {
  /** The beginning of the fingerprint of the certificate that it is about: a small integer. */
  readonly leaf: number;
  /** When it is to be asked, or, while it is asked, until when its first answer is waited for. Seconds: small integers too. */
  dueS: number;
  state: 'resting' | 'inLine' | 'asking';
  /** Errors in a row. */
  failures: number;
}

/**
 * Asks the CA when it would like each certificate to be renewed (RFC 9773): right after issuance, and then as often as the CA
 * says, from a minute to a day; of one issuer no more than 50 in a second, so that neither a fleet nor a restart meets the
 * CA's limits. Passes start it and never wait for it. A Certificate of which the CA says something new is woken.
 *
 * What it says is remembered by the status. Here is only when to ask again, and what no status tells of yet: a process that
 * starts without either asks anew, at that pace.
 */
export class RenewalInfos {
  readonly #parts: Parts;
  readonly #elapsed: Elapsed;
  readonly #entries = new Map<string, Entry>();
  /** What the status of a Certificate does not tell of yet. */
  readonly #news = new Map<string, { readonly leaf: number; readonly suggested: Suggested }>();
  readonly #turns = new TurnsByPlace(bounds);

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#elapsed = new Elapsed(parts.clock);
  }

  /** What the CA suggests for a certificate, as far as it is known. */
  suggested(certificate: CertificateRow, fingerprint: string): Suggested | undefined {
    const news = this.#news.get(certificate.key);
    const recorded = recordedSuggestion(certificate.status, fingerprint);
    if (news === undefined || news.leaf !== leafOf(fingerprint)) return recorded;
    if (!saysTheSame(recorded, news.suggested)) return news.suggested;
    this.#news.delete(certificate.key);
    return recorded;
  }

  /** Asks about a certificate that was issued just now: it waits for no turn, since its issuance had to. */
  issued(asking: Asking, signal: AbortSignal): void {
    const entry = this.#entryOf(asking);
    if (entry.state !== 'resting' || entry.dueS > 0) return;
    this.#turns.take(asking.certificate.issuerKey, this.#elapsed.ms());
    this.#begin(entry, asking, signal);
  }

  /** Asks about a certificate where that is due, or has it asked in its turn. */
  look(asking: Asking, signal: AbortSignal): RenewalInfoSeen {
    const entry = this.#entryOf(asking);
    const nowMs = this.#elapsed.ms();
    const isDue = (): boolean => entry.state !== 'asking' && entry.dueS * 1_000 <= nowMs;
    if (isDue() && entry.state === 'resting') this.#lineUp(entry, asking, nowMs);
    if (isDue()) this.#begin(entry, asking, signal);
    const waitMs = entry.dueS * 1_000 - nowMs;
    const awaited = entry.state === 'asking' && waitMs > 0 && isUnrecorded(asking);
    // Whoever is asked about is promised its next look by the answer.
    const nextMs = entry.state === 'asking' && !awaited ? usualWaitMs : waitMs;
    // Whole milliseconds, as dates have: one that falls short of the time would be looked at again and again until then.
    return { awaited, nextAt: new Date(this.#parts.clock.now().getTime() + Math.ceil(nextMs)) };
  }

  /** Forgets a Certificate that is gone. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#news.delete(key);
  }

  #entryOf({ certificate: { key }, fingerprint }: Asking): Entry {
    const leaf = leafOf(fingerprint);
    const known = this.#entries.get(key);
    if (known?.leaf === leaf) return known;
    const entry: Entry = { leaf, dueS: 0, state: 'resting', failures: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  #lineUp(entry: Entry, { certificate }: Asking, nowMs: number): void {
    entry.state = 'inLine';
    entry.dueS = Math.ceil(this.#turns.take(certificate.issuerKey, nowMs) / 1_000);
  }

  #begin(entry: Entry, asking: Asking, signal: AbortSignal): void {
    const nowMs = this.#elapsed.ms();
    if (!this.#turns.begin(asking.certificate.issuerKey, nowMs)) {
      this.#lineUp(entry, asking, nowMs);
      return;
    }
    entry.state = 'asking';
    entry.dueS = Math.ceil((nowMs + patienceMs) / 1_000);
    void this.#ask(entry, asking, signal);
  }

  async #ask(entry: Entry, asking: Asking, signal: AbortSignal): Promise<void> {
    const { key, issuerKey } = asking.certificate;
    const waitMs = await this.#answer(entry, asking, signal);
    this.#turns.end(issuerKey);
    entry.state = 'resting';
    entry.dueS = Math.ceil((this.#elapsed.ms() + waitMs) / 1_000);
    if (this.#entries.get(key) !== entry) return; // it has been replaced, or is gone
    this.#parts.promise(key, isUnrecorded(asking) || this.#news.has(key) ? 0 : waitMs);
  }

  /** Takes over what the CA says; how long to wait before it is asked again. */
  async #answer(entry: Entry, asking: Asking, signal: AbortSignal): Promise<number> {
    const { certificate, certID, fingerprint, client } = asking;
    try {
      const told = await client.renewalInfo(certID, signal);
      entry.failures = 0;
      const suggested = told === undefined ? undefined : suggestionOf(told, this.#parts.clock.now());
      if (suggested !== undefined && !saysTheSame(this.suggested(certificate, fingerprint), suggested)) {
        this.#news.set(certificate.key, { leaf: entry.leaf, suggested });
      }
      return told?.retryAfterMs ?? usualWaitMs;
    } catch (error) {
      entry.failures += 1;
      if (!signal.aborted && !(error instanceof TransientError || error instanceof AcmeError)) {
        this.#parts.log.error('unexpected error, asking for renewal information later', { error });
      }
      return waitAfter(error, entry.failures);
    }
  }
}

/** The status does not tell of this certificate yet. */
function isUnrecorded({ certificate, fingerprint }: Asking): boolean {
  return certificate.status.fingerprint !== fingerprint;
}

/** Of one certificate's errors in a row those that may pass are tried again soon at first; never sooner than the CA asks. */
function waitAfter(error: unknown, failures: number): number {
  const mayPass = !(error instanceof AcmeError) || passing.has(error.problem.type);
  const waitMs = mayPass && failures <= mostQuickRetries ? minuteMs * 2 ** (failures - 1) : usualWaitMs;
  const askedMs = error instanceof AcmeError || error instanceof TransientError ? error.retryAfterMs : undefined;
  return Math.max(waitMs, Math.min(askedMs ?? 0, dayMs));
}

/** 28 bits, which is a small integer on every machine. */
function leafOf(fingerprint: string): number {
  return Number.parseInt(fingerprint.slice(0, 7), 16);
}
