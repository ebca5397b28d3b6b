import type { TlsAnswer } from '../../probe/index.ts';
import type { Clock, Log, Pool } from '../../runtime/index.ts';
import { type Answer, type Probed, probeKey, type Target } from './observed.ts';

/** Shakes hands with a server and tells which leaf it sent; `probeTls` of src/probe. */
export type Probe = (
  target: { address: string; port: number; serverName: string },
  options: { signal: AbortSignal },
) => Promise<TlsAnswer>;

interface Entry {
  readonly target: Target;
  readonly answer: Answer | undefined;
  readonly isAsked: boolean;
}

/**
 * What pods were last seen to serve. A memory of the network and of nothing else: what is lost with it is asked again.
 * Probes run in the pool, so no pass ever waits for one.
 */
export class ServedLeaves {
  readonly #entries = new Map<string, Entry>();
  readonly #keysOfPod = new Map<string, Set<string>>();
  readonly #parts: { readonly probe: Probe; readonly pool: Pool; readonly clock: Clock; readonly log: Log };
  readonly #onAnswer: (target: Target) => void;

  constructor(
    parts: { readonly probe: Probe; readonly pool: Pool; readonly clock: Clock; readonly log: Log },
    onAnswer: (target: Target) => void,
  ) {
    this.#parts = parts;
    this.#onAnswer = onAnswer;
  }

  /** What is known about a target. An answer to another question (another leaf, port, name or start) is none. */
  about(target: Target): Probed {
    const entry = this.#entries.get(probeKey(target.podUID, target.secretName));
    return entry !== undefined && isSameQuestion(entry.target, target)
      ? { target, answer: entry.answer, isAsked: entry.isAsked }
      : { target, answer: undefined, isAsked: false };
  }

  /** Asks in the pool, and reports the answer by `onAnswer`. Nothing is asked twice at once. */
  ask(target: Target, signal: AbortSignal): void {
    const { answer, isAsked } = this.about(target);
    if (isAsked) return;
    this.#keep({ target, answer, isAsked: true });
    void this.#answer(target, answer?.misses ?? 0, signal);
  }

  /** Forgets a pod that is gone. */
  forget(podUID: string): void {
    for (const key of this.#keysOfPod.get(podUID) ?? []) this.#entries.delete(key);
    this.#keysOfPod.delete(podUID);
  }

  async #answer(target: Target, misses: number, signal: AbortSignal): Promise<void> {
    const { address, port, serverName, workload } = target;
    const { pool, probe, clock, log } = this.#parts;
    const answer = await pool
      .run(`${workload}/${address} ${port}`, (back) =>
        probe({ address, port, serverName }, { signal: AbortSignal.any([signal, back]) }),
      )
      .catch((error: unknown): TlsAnswer => {
        if (!signal.aborted) log.error('probe failed unexpectedly', { address, host: serverName, error });
        return { ok: false, problem: 'the probe failed' };
      });
    const asked = this.#entries.get(probeKey(target.podUID, target.secretName))?.target;
    if (signal.aborted || asked === undefined || !isSameQuestion(asked, target)) return;
    this.#keep({ target, answer: recorded(answer, target, misses, clock.now()), isAsked: false });
    this.#onAnswer(target);
  }

  #keep(entry: Entry): void {
    const { podUID, secretName } = entry.target;
    const key = probeKey(podUID, secretName);
    this.#entries.set(key, entry);
    const keys = this.#keysOfPod.get(podUID) ?? new Set();
    this.#keysOfPod.set(podUID, keys.add(key));
  }
}

function recorded({ fingerprint, problem }: TlsAnswer, target: Target, misses: number, at: Date): Answer {
  return {
    at,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(problem === undefined ? {} : { problem }),
    misses: fingerprint === target.expected ? 0 : misses + 1,
  };
}

function isSameQuestion(a: Target, b: Target): boolean {
  return (
    a.startedAt.getTime() === b.startedAt.getTime() &&
    a.address === b.address &&
    a.port === b.port &&
    a.serverName === b.serverName &&
    a.expected === b.expected
  );
}
