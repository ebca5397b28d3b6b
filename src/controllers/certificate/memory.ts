import { timeOf } from '../../api/index.ts';
import type { Memory, Remembered, SecretSeen } from './observed.ts';

/** The newest that are kept; an annotation holds 256 KiB, and each takes some 200 bytes. */
const mostRemembered = 200;

/**
 * Reads what an archive remembers of certificates. What cannot be read is passed over: a verb is then carried out once
 * more, and finds that it has been.
 */
export function memoryOf(text: string | undefined): Memory {
  if (text === undefined) return new Map();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return new Map();
    return new Map(Object.entries(parsed).map(([fingerprint, value]) => [fingerprint, rememberedOf(value)]));
  } catch {
    return new Map();
  }
}

/** The same as text, the same for the same; undefined where there is nothing to remember. Times are as JSON gives dates. */
export function memoryText(memory: Memory): string | undefined {
  const newest = [...memory].slice(-mostRemembered);
  const told = newest.map(([fingerprint, { issuer, putBack, revoked }]) => [fingerprint, { issuer, putBack, revoked }]);
  return newest.length === 0 ? undefined : JSON.stringify(Object.fromEntries(told));
}

/**
 * The memory as it is to be written with this history: what is known of certificates that are gone is forgotten, but for that
 * they were revoked; and that one was put back, where that never came to be.
 *
 * @param kept fingerprints of the certificates that the history will hold.
 */
export function memoryAfter(
  memory: Memory,
  { secret, reached, kept }: { secret: SecretSeen; reached: number; kept: ReadonlySet<string> },
): Memory {
  const { issued, issuerKey } = secret.kind === 'ours' ? secret : {};
  const after = new Map<string, Remembered>();
  for (const [fingerprint, { issuer, putBack, revoked }] of memory) {
    const isThere = kept.has(fingerprint) || fingerprint === issued?.fingerprint;
    const remembered: Remembered = {
      ...(isThere && issuer !== undefined ? { issuer } : {}),
      ...(isThere && putBack !== undefined && putBack.revision <= reached ? { putBack } : {}),
      ...(revoked === undefined ? {} : { revoked }),
    };
    if (Object.keys(remembered).length > 0) after.set(fingerprint, remembered);
  }
  if (issued === undefined || issuerKey === undefined) return after;
  return remembering(after, issued.fingerprint, { issuer: issuerKey });
}

/** Whether a certificate is remembered as revoked. */
export function wasRevoked(memory: Memory | undefined, fingerprint: string): boolean {
  return memory?.get(fingerprint)?.revoked !== undefined;
}

/** The memory with more of one certificate, as its newest. */
export function remembering(memory: Memory, fingerprint: string, more: Remembered): Memory {
  const after = new Map(memory);
  after.delete(fingerprint);
  return after.set(fingerprint, { ...memory.get(fingerprint), ...more });
}

function rememberedOf(value: unknown): Remembered {
  const { issuer, putBack, revoked } = recordOf(value);
  const { revision, at } = recordOf(putBack);
  const { reason, at: revokedAt, key } = recordOf(revoked);
  const putBackAt = timeOf(textOf(at));
  const revokedTime = timeOf(textOf(revokedAt));
  return {
    ...(typeof issuer === 'string' ? { issuer } : {}),
    ...(putBackAt !== undefined && Number.isSafeInteger(revision)
      ? { putBack: { at: putBackAt, revision: Number(revision) } }
      : {}),
    ...(revokedTime === undefined
      ? {}
      : {
          revoked: {
            at: revokedTime,
            reason: textOf(reason) ?? 'unspecified',
            ...(typeof key === 'string' ? { key } : {}),
          },
        }),
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
