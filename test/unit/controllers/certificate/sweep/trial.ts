import { isDeepStrictEqual } from 'node:util';
import { AcmeError } from '../../../../../src/acme/index.ts';
import { certificates } from '../../../../../src/api/index.ts';
import { archiveSeen } from '../../../../../src/controllers/certificate/archive.ts';
import { type Secret, textOf } from '../../../../../src/controllers/certificate/secret.ts';
import { type KubeObject, secrets } from '../../../../../src/kube/index.ts';
import { readChain } from '../../../../../src/pki/index.ts';
import { ConflictError, TransientError } from '../../../../../src/runtime/index.ts';
import { type Carry, type Network, unanswered } from './process.ts';
import type { Scenario } from './scenarios.ts';
import { shop, shopSecret, World } from './world.ts';

const quietMs = 3 * 3_600_000;

/** What is done to the calls of a run, and what may come of it. */
export interface Disturbance {
  /** Wraps every call; `index` counts them from 0. */
  readonly carry: (index: number, ...args: Parameters<Carry>) => Promise<unknown>;
  /** Until when the world has to be at rest. */
  readonly restMs: number;
  /** A leader that slept wakes: called once the world is at rest, which it has to come to again. */
  readonly wake?: () => void;
}

/** What a run came to. */
export interface Outcome {
  readonly calls: readonly string[];
  readonly end: unknown;
  readonly orders: number;
  readonly orphans: number;
  readonly certificates: number;
  /** What must not have happened, in sentences. */
  readonly broken: readonly string[];
}

/** Runs a scenario, disturbed or not, until it rests, and then for three quiet hours and a restart. */
export async function run(
  scenario: Scenario,
  disturb: (world: World) => Disturbance,
  wiring?: (network: Network) => Network,
): Promise<Outcome> {
  const world = await World.make({
    ...(wiring === undefined ? {} : { wiring }),
    ...(scenario.ca === undefined ? {} : { ca: scenario.ca }),
  });
  await scenario.before?.(world);
  const { carry, restMs, wake } = disturb(world);
  const counts = { calls: world.calls.length, orders: world.ca.orders.length, finalized: world.ca.finalized.length };
  let acted = false;
  world.happened = (call) => {
    if (acted || scenario.meanwhile?.when(call, world) !== true) return;
    acted = true;
    scenario.meanwhile.act(world);
  };
  world.carry = <T>(...[call, send, by]: Parameters<Carry>) =>
    carry(world.calls.length - counts.calls - 1, call, send, by) as Promise<T>;
  scenario.act(world);
  world.start();
  const broken = await ended(world.advance(restMs));
  if (wake !== undefined) {
    wake();
    broken.push(...(await ended(world.advance(restMs))));
  }
  const calls = world.calls.slice(counts.calls);
  world.carry = (_, send) => send();
  broken.push(
    ...world.invariants.broken,
    ...(wake === undefined ? world.invariants.hasty : []),
    ...(await unrest(world)),
  );
  const made = world.ca.finalized.length - counts.finalized;
  if (made > scenario.certificates) broken.push(`${made} certificates were issued`);
  return {
    calls,
    end: endState(world),
    orders: world.ca.orders.length - counts.orders,
    orphans: world.invariants.orphans,
    certificates: made,
    broken,
  };
}

/** Nothing, or the sentence that says why the world could not go on. */
async function ended(going: Promise<void>): Promise<string[]> {
  try {
    await going;
    return [];
  } catch (error) {
    return [String(error)];
  }
}

/** What is done in three hours and after a restart, when nothing is left to do. */
async function unrest(world: World): Promise<string[]> {
  const before = world.calls.length;
  const stuck = await ended(world.advance(quietMs));
  world.killAll();
  stuck.push(...(await ended(world.settleAlone())));
  const made = world.calls.slice(before);
  const lines = world.log.lines
    .filter(({ level }) => level === 'error')
    .map(({ message, fields }) => `${message}: ${String(fields.error)}`);
  return [
    ...stuck,
    ...(made.length === 0 ? [] : [`it does not rest: ${made.slice(0, 5).join(', ')}`]),
    ...new Set(lines),
  ];
}

/** All that has to be the same however a run was disturbed: no times, tokens, keys and serial numbers. */
function endState(world: World): unknown {
  const { certificate, cluster } = world;
  const { status } = certificate;
  const secret = cluster.peek(secrets, shopSecret) as Secret | undefined;
  const ref = { namespace: shop.namespace, name: `evercert-archive-${certificate.uid}` };
  const archive = archiveSeen(cluster.peek(secrets, ref) as Secret | undefined);
  return {
    objects: [...cluster.names(certificates), ...cluster.names(secrets)],
    observed: [certificate.generation, status.observedGeneration],
    conditions: status.conditions?.map(({ type, status: is, reason, message }) => [type, is, reason, message]),
    revision: status.revision,
    order: status.order,
    failure: status.failure,
    secret: secret === undefined ? undefined : secretState(secret, status.fingerprint),
    archive: { revision: archive?.intent?.revision, history: archive?.history.map(({ revision }) => revision) },
  };
}

function secretState(secret: Secret & KubeObject, fingerprint: string | undefined): unknown {
  const { leaf } = readChain(textOf(secret, 'tls.crt'));
  const { labels, annotations = {} } = secret.metadata;
  return {
    labels,
    annotations: Object.keys(annotations).sort(),
    revision: annotations['evercert.dev/revision'],
    names: leaf.names,
    fits: leaf.hasKey(textOf(secret, 'tls.key')),
    told: leaf.fingerprint === fingerprint,
  };
}

/** A run in which all goes well. */
export const undisturbed = (): Disturbance => ({ restMs: 180_000, carry: (_, __, send) => send() });

export type Phase = 'before it is sent' | 'when its answer is lost' | 'after its answer';
export const phases: readonly Phase[] = ['before it is sent', 'when its answer is lost', 'after its answer'];

/** A crash at one call; `orphans` tells how many orders were placed and not recorded at that moment. */
export function crashAt(at: number, phase: Phase, note: (orphans: number) => void): (world: World) => Disturbance {
  return (world) => ({
    restMs: 180_000,
    async carry(index, _, send, process) {
      if (index !== at) return send();
      if (phase === 'before it is sent') {
        process.kill();
        note(world.invariants.orphans);
        return unanswered();
      }
      const answer = await send();
      note(world.invariants.orphans);
      if (phase === 'when its answer is lost') {
        process.kill();
        return unanswered();
      }
      process.killSoon();
      return answer;
    },
  });
}

/** A call that fails once, without a crash. */
export function failAt(at: number, fault: Fault, note: (orphans: number) => void): (world: World) => Disturbance {
  return (world) => ({
    restMs: 1_800_000,
    async carry(index, call, send) {
      if (index !== at) return send();
      if (fault === 'times out') await send();
      note(world.invariants.orphans);
      throw errorOf(call, fault);
    },
  });
}

export type Fault = 'times out' | 'answers 500' | 'answers 409 or 429';
export const faults: readonly Fault[] = ['times out', 'answers 500', 'answers 409 or 429'];

function errorOf(call: string, fault: Fault): Error {
  if (fault === 'times out') return new TransientError('no answer');
  if (call.startsWith('apply ')) return fault === 'answers 500' ? new TransientError('500') : new ConflictError('409');
  return fault === 'answers 500'
    ? new AcmeError({ type: 'serverInternal', detail: 'sorry', status: 500 })
    : new AcmeError({ type: 'rateLimited', detail: 'too many', status: 429 }, 300_000);
}

export type Sleep = 'before it sends' | 'before it hears';
export const sleeps: readonly Sleep[] = ['before it sends', 'before it hears'];

/** A leader that falls asleep in a call, while the next one does all there is to do. */
export function sleepAt(at: number, sleep: Sleep): (world: World) => Disturbance {
  return (world) => {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
    return {
      restMs: 180_000,
      wake,
      async carry(index, _, send, process) {
        if (index !== at) return send();
        const answer = sleep === 'before it hears' ? await send() : undefined;
        process.frozen = true;
        world.start();
        await woken;
        process.frozen = false;
        return sleep === 'before it hears' ? answer : send();
      },
    };
  };
}

/** What is wrong with a run when it is compared with the undisturbed one. */
export function faultsOf(outcome: Outcome, reference: Outcome, allowedOrphans: number): string[] {
  const { broken, end, orders, orphans } = outcome;
  return [
    ...broken,
    ...(isDeepStrictEqual(end, reference.end) ? [] : [`it ends as ${JSON.stringify(end)}`]),
    ...(orphans > allowedOrphans ? [`${orphans} orders were orphaned, ${allowedOrphans} may be`] : []),
    ...(orders > reference.orders + allowedOrphans ? [`${orders} orders were placed, not ${reference.orders}`] : []),
  ];
}
