import { setTimeout as pause } from 'node:timers/promises';
import { probeHttp } from '../../../src/probe/index.ts';

const limitMs = 60_000;
const closestMs = 50;
const mostPerSecond = 400;

/** A path behind the ingress controller and what it is to answer. */
interface Awaited {
  readonly host: string;
  readonly path: string;
  readonly expect: string;
  /** Of the ingress controller. */
  readonly address: string;
}

/**
 * Polls a path until it answers as expected: every 50 ms, and less often where so many are polled at once (`atOnce`) that it
 * would be more than 400 requests a second.
 *
 * @throws Error with what answered in its place, after a minute.
 */
export async function untilItAnswers(target: Awaited, atOnce: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const { ok, problem = '' } = await probeHttp(target);
    if (ok) return;
    if (performance.now() > deadline)
      throw new Error(`the path of ${target.host} did not answer in a minute: ${problem}`);
    await pause(Math.max(closestMs, (1000 * atOnce) / mostPerSecond));
  }
}
