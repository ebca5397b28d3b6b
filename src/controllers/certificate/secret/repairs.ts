import type { Clock } from '../../../runtime/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';

/** As often within the window is the Secret of one Certificate put right. */
const allowed = 5;
const windowMs = 3_600_000;

/**
 * Counts how often each Secret was put right, so that two who write one do not do so for ever. A memory only: a process that
 * starts without it counts anew.
 */
export class Repairs {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #made = new Map<string, { readonly of: string; readonly times: readonly number[] }>();

  constructor(parts: { clock: Pick<Clock, 'now'> }) {
    this.#clock = parts.clock;
  }

  /** Notes that the Secret was put right for this Certificate and generation of its spec. */
  noted(certificate: CertificateRow): void {
    const times = [...this.#recent(certificate), this.#clock.now().getTime()];
    this.#made.set(certificate.key, { of: subjectOf(certificate), times });
  }

  /** Until when it is left as it is; undefined where it may be put right. */
  heldUntil(certificate: CertificateRow): Date | undefined {
    const times = this.#recent(certificate);
    if (times.length === 0) this.#made.delete(certificate.key);
    const [oldest] = times.slice(-allowed);
    return times.length < allowed || oldest === undefined ? undefined : new Date(oldest + windowMs);
  }

  #recent(certificate: CertificateRow): number[] {
    const made = this.#made.get(certificate.key);
    if (made?.of !== subjectOf(certificate)) return [];
    const since = this.#clock.now().getTime() - windowMs;
    return made.times.filter((time) => time > since);
  }
}

/** An edit of the spec is no quarrel. */
function subjectOf({ uid, generation }: CertificateRow): string {
  return `${uid}/${generation}`;
}
