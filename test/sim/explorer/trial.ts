import { certificates, managers } from '../../../src/api/index.ts';
import { events, leases } from '../../../src/kube/index.ts';
import { strict } from '../ca/index.ts';
import { clusterIssuer, furniture, isLedger } from '../world/objects.ts';
import { type Wiring, World } from '../world/world.ts';
import { Disturber } from './disturber.ts';
import { endStateOf, unmet } from './end-state.ts';
import { Oracles } from './oracles.ts';
import { certificateKey, type Scenario } from './scenarios/index.ts';
import type { Schedule } from './schedule.ts';

/** Until when the world has to be at rest: after crashes alone, and after what makes operators back off. */
const restMs = { crash: 5 * 60_000, other: 45 * 60_000 };
/** How long nothing may be done once it is: names and accounts are looked at hourly. There are so many pairs that they get less. */
const quietMs = { one: 70 * 60_000, more: 1_800_000 };

/** The CA may be asked so many times more when to renew a certificate: after a restart, and after errors. */
const pollsBeside = 8;

/** What a run came to. */
export interface Outcome {
  /** The names of the calls that were counted, in their order. */
  readonly calls: readonly string[];
  /** How many watch events were counted. */
  readonly events: number;
  /** The plurals of the kinds that they were about. */
  readonly watched: readonly string[];
  readonly end: ReadonlyMap<string, string>;
  /** How often operators wrote each object, `update secrets web/shop-tls`; but for Events, Leases, the ledger, and what is told of reloads. */
  readonly writes: ReadonlyMap<string, number>;
  readonly orders: number;
  readonly orphans: number;
  readonly allowedOrphans: number;
  readonly certificates: number;
  /** Orders that the CA refused for its limits. */
  readonly refusals: number;
  /** What must not have happened, in sentences. */
  readonly broken: readonly string[];
}

interface Options {
  readonly wiring?: Wiring;
  /** Told what happens, line by line. */
  readonly trace?: (line: string) => void;
}

/** Runs a scenario as the schedule has it, until it rests, and then for a quiet time and a restart. */
export async function run(scenario: Scenario, schedule: Schedule, { wiring, trace }: Options = {}): Promise<Outcome> {
  const world = new World({
    seed: schedule.seed,
    ...(wiring === undefined ? {} : { wiring }),
    ...(scenario.ca === undefined ? {} : { ca: scenario.ca }),
  });
  try {
    if (trace !== undefined) traceCommits(world, trace);
    return await runIn(world, scenario, { schedule, trace });
  } finally {
    world.close();
    await world.advance(0);
  }
}

async function runIn(
  world: World,
  scenario: Scenario,
  { schedule, trace }: { readonly schedule: Schedule; readonly trace: Options['trace'] },
): Promise<Outcome> {
  const oracles = new Oracles(world);
  for (const [resource, object] of [...furniture, clusterIssuer('ca')]) await world.apply(resource, object);
  await world.settle();
  await scenario.before?.(world);

  const before = { orders: world.ca.orders.length, certificates: world.ca.finalized.length };
  const writes = countWrites(world);
  const disturber = new Disturber(world, { schedule, interrupted: () => oracles.interrupted(), trace });
  follow(world, scenario, oracles);
  await scenario.act(world);
  world.start();
  const soonest = restMs[schedule.disturbances.every(({ kind }) => kind === 'crash') ? 'crash' : 'other'];
  const rest = Math.max(soonest, scenario.restMs ?? 0);
  await world.advance(rest);
  if (disturber.asleep) {
    disturber.wake();
    await world.advance(rest);
  }
  const { calls } = disturber;
  const made = {
    calls: [...calls],
    events: disturber.events,
    watched: [...disturber.watched],
    writes: new Map(writes),
  };
  const unrest = [
    ...oracles.atRest(),
    ...insistence(scenario, made.calls),
    ...(await unrestOf(world, scenario, calls, quietMs[schedule.disturbances.length > 1 ? 'more' : 'one'])),
    ...(scenario.ends === undefined ? [] : unmet(world, scenario.ends)),
    ...(schedule.disturbances.length > 0 ? [] : unsaid(scenario, oracles)),
  ];
  return {
    ...made,
    end: endStateOf(world),
    orders: world.ca.orders.length - before.orders,
    orphans: oracles.orphans,
    allowedOrphans: oracles.allowedOrphans,
    certificates: world.ca.finalized.length - before.certificates,
    refusals: world.ca.refusedByLimits,
    broken: [
      ...new Set([
        ...oracles.broken,
        ...(disturber.slept ? [] : [...oracles.hasty, ...strange(world)]),
        ...unrest,
        ...defects(world),
      ]),
    ],
  };
}

/** Requests in the name of an account by a key that it does not have any more: its change was not waited for. */
function strange({ ca: { strangers } }: World): string[] {
  return strangers === 0 ? [] : [`${strangers} requests were signed by a key that is not that of the account`];
}

/** Lets the oracles look at each request to the CA, and the user do in time what the scenario has them do meanwhile. */
function follow(world: World, { meanwhile }: Scenario, oracles: Oracles): void {
  let acted = false;
  world.onCall = (name, when) => {
    if (when === 'arrives') {
      oracles.request(name, certificateKey);
    } else if (meanwhile !== undefined && !acted && meanwhile.when(name, world)) {
      acted = true;
      world.clock.after(0, () => void meanwhile.act(world));
    }
  };
}

function traceCommits({ truth, clock }: World, trace: (line: string) => void): void {
  truth.onCommit(({ by, plural, key, before, after }) => {
    const verb = before === undefined ? 'creates' : after === undefined ? 'deletes' : 'updates';
    const { note } = (after ?? {}) as { readonly note?: string };
    trace(`${clock.now().toISOString()} ${by} ${verb} ${plural} ${key}${note === undefined ? '' : `: ${note}`}`);
  });
}

function countWrites({ truth }: World): Map<string, number> {
  const writes = new Map<string, number>();
  truth.onCommit(({ by, manager, plural, key, before, after }) => {
    if (!by.startsWith('operator') || plural === events.plural || plural === leases.plural) return;
    // Of the ledger a crash may cost a write.
    if (isLedger(`${plural} ${key}`)) return;
    // How far a roll-out has come is told as it is seen: more or less often, by when one looks.
    if (plural === certificates.plural && manager === managers.reload) return;
    const verb = before === undefined ? 'create' : after === undefined ? 'delete' : 'update';
    const write = `${verb} ${plural} ${key}`;
    writes.set(write, (writes.get(write) ?? 0) + 1);
  });
  return writes;
}

/** What an issuer asks of its CA now and then, though all is done: once an hour, or more often where the CA refuses it. */
const looks: ReadonlySet<string> = new Set(['directory', 'findAccount']);
const mostLooks = 60;

function unsaid({ says }: Scenario, { said }: Oracles): string[] {
  return says === undefined || said.has(says) ? [] : [`it never says ${says}, but ${[...said].join(', ')}`];
}

/** Requests to a CA that got enough of them to know what is wanted; calls of the API server have two words. */
function insistence({ requests: may = Number.POSITIVE_INFINITY }: Scenario, calls: readonly string[]): string[] {
  const { length } = calls.filter((call) => !call.includes(' ') && call !== 'renewalInfo' && !looks.has(call));
  return length <= may ? [] : [`the CA gets ${length} requests, ${may} may be`];
}

/**
 * What is done in a quiet time and after a restart, when nothing is left to do. The CA is asked when to renew without end, but no
 * more often than it says.
 */
async function unrestOf(
  world: World,
  { ca = strict }: Scenario,
  calls: readonly string[],
  ms: number,
): Promise<string[]> {
  const before = calls.length;
  const leaders = world.processes.filter(({ runs }) => runs).length; // each of them asks
  await world.advance(ms);
  world.killAll();
  await world.settle();
  const made = calls.slice(before);
  const polls = made.filter((call) => call === 'renewalInfo').length;
  const looked = made.filter((call) => looks.has(call)).length;
  const others = made.filter((call) => call !== 'renewalInfo' && !looks.has(call));
  const polled = Math.ceil(ms / ca.renewalInfoRetryAfterMs) + pollsBeside;
  const mayPoll = world.truth.list(certificates).length * leaders * polled;
  return [
    ...(others.length === 0 ? [] : [`it does not rest: ${others.slice(0, 5).join(', ')}`]),
    ...(polls <= mayPoll ? [] : [`the CA is asked ${polls} times when to renew, ${mayPoll} may be`]),
    ...(looked <= mostLooks ? [] : [`the CA is asked ${looked} times for an account or what it offers`]),
  ];
}

/** Operators that went round in circles, and errors that they logged: no fault of the world is one. */
function defects(world: World): string[] {
  const lines = world.log.lines
    .filter(({ level }) => level === 'error')
    .map(({ message, fields }) => `${message}: ${String(fields.error)}`);
  const spinning = world.processes.some(({ spins }) => spins) ? ['passes follow each other without end'] : [];
  return [...spinning, ...lines];
}
