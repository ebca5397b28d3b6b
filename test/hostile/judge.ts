import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Certificate, type Condition, type Issuer, type Reason, reasons } from '../../src/api/index.ts';
import { events } from '../../src/kube/index.ts';
import type { HostileWorld } from './world.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The longest message that still reads as help. */
const longestMessage = 2_500;
/** The longest note that an Event may have. */
const longestNote = 1_024;
/** Nothing that a CA does makes us stay away from it for longer, but for the jitter. */
const longestWaitMs = 8 * 86_400_000;
/** What replies of 1 MiB and the world around take, many times over: a collection may come late on a busy machine. */
const mostMemory = 128 * 1024 * 1024;
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Notes every host that anything in this process connects to. */
export class Connections implements Disposable {
  readonly hosts = new Set<string>();
  readonly #note = (message: unknown): void => {
    const { connectParams } = message as { connectParams: { host: string } };
    this.hosts.add(connectParams.host);
  };

  constructor() {
    subscribe('undici:client:beforeConnect', this.#note);
  }

  [Symbol.dispose](): void {
    unsubscribe('undici:client:beforeConnect', this.#note);
  }
}

/** Memory in use, bytes; garbage counts too unless it is collected first. */
export function memoryInUse(collected = false): number {
  if (collected) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How much memory there was at most while something ran, above what there was before, bytes. */
export async function memoryOf(run: () => Promise<void>): Promise<number> {
  const before = memoryInUse();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, memoryInUse(memoryInUse() - before > mostMemory));
  }, 25);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}

/** The condition of an object. Throws where there is none. */
export function conditionOf({ status }: Certificate | Issuer, type: string): Condition {
  const found = status?.conditions?.find((one) => one.type === type);
  assert.ok(found, `there is no condition ${type}`);
  return found;
}

/** @throws where a condition does not read as help: these words in one line of bounded length, of this reason, with its link. */
export function readsAsHelp(condition: Condition, expected: { reason: Reason; says: string }): void {
  const { message, reason } = condition;
  assert.ok(message.includes(expected.says), message.slice(0, 1_000));
  assert.equal(reason, expected.reason);
  assert.ok(message.length <= longestMessage, `${message.length} characters: ${message.slice(0, 200)}`);
  assert.doesNotMatch(message, unprintable);
  assert.ok(
    reasons.some((known) => known === reason),
    reason,
  );
  assert.ok(message.endsWith(`#${reason.toLowerCase()})`), message.slice(-100));
}

/** @throws where anything that was logged or told as an Event is not fit for it. */
export function toldPlainly({ sim }: HostileWorld): void {
  for (const { level, message, fields } of sim.log.lines) {
    const error = fields['error'];
    const text = `${message} ${error instanceof Error ? error.message : ''}`;
    assert.notEqual(level, 'error', text);
    assert.doesNotMatch(text, unprintable);
    assert.ok(text.length <= longestMessage, text.slice(0, 200));
  }
  for (const object of sim.truth.list(events)) {
    const { note } = object as { readonly note?: string };
    assert.ok((note ?? '').length <= longestNote);
    assert.doesNotMatch(note ?? '', unprintable);
  }
}

/** @throws unless the next attempt lies ahead, and not for ever. */
export function liesAhead(nextAttemptTime: string | undefined, now: Date): void {
  const ms = Date.parse(nextAttemptTime ?? '') - now.getTime();
  assert.ok(ms > 0 && ms < longestWaitMs, `${nextAttemptTime} at ${now.toISOString()}`);
}

/** @throws where more was taken than bounded replies need. */
export function staysSmall(bytes: number): void {
  assert.ok(bytes < mostMemory, `${(bytes / 2 ** 20).toFixed(0)} MiB more`);
}
