import { makeProgram } from '../../kit/program.ts';
import { type Phase, phases } from '../proxy/index.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { Site } from './site.ts';
import { type Outcome, run } from './trial.ts';
import { violationsOf } from './violations.ts';

/** One crash: a scenario, the place of a call in its run, and when the operator dies. */
export interface Plan {
  readonly scenario: string;
  readonly point: string;
  readonly phase: Phase;
}

/** What one run of a sweep came to. */
export interface Verdict {
  /** Undefined for an undisturbed run. */
  readonly plan: Plan | undefined;
  readonly scenario: string;
  readonly violations: readonly string[];
  readonly outcome: Outcome;
}

interface SweepOptions {
  readonly scenarios: readonly string[];
  /** Which crashes to try; by default every one. */
  readonly wanted?: (plan: Plan) => boolean;
  /** How many sites work side by side. */
  readonly lanes: number;
  /** Told of each run as it ends; `left` are to follow. */
  readonly onVerdict: (verdict: Verdict, left: number) => void;
}

/** Runs each scenario undisturbed, and then with a crash at every call in every phase. Resolves when all is told. */
export async function sweep({ scenarios: names, wanted = () => true, lanes, onVerdict }: SweepOptions): Promise<void> {
  await using program = await makeProgram();
  await using sites = new Sites(program.path);
  const references = new Map<string, Outcome>();
  const judge = async (site: Site, scenario: string, plan?: Plan): Promise<Verdict> => {
    const outcome = await run(site, known(scenario), plan);
    const violations = violationsOf(outcome, references.get(scenario) ?? outcome, known(scenario));
    return { plan, scenario, outcome, violations };
  };
  await work(names, { lanes, sites }, async (site, scenario, left) => {
    const verdict = await judge(site, scenario);
    references.set(scenario, verdict.outcome);
    onVerdict(verdict, left);
    return verdict.violations.length === 0;
  });
  const plans = names.flatMap((scenario) => plansOf(scenario, references.get(scenario)).filter(wanted));
  await work(plans, { lanes, sites }, async (site, plan, left) => {
    const verdict = await judge(site, plan.scenario, plan);
    onVerdict(verdict, left);
    return verdict.violations.length === 0;
  });
}

/** Every crash that a scenario can have, in the order of its run. */
function plansOf(scenario: string, reference: Outcome | undefined): readonly Plan[] {
  return (reference?.points ?? []).flatMap((point) => phases.map((phase) => ({ scenario, point, phase })));
}

/** @throws Error for a scenario that there is not. */
function known(name: string): Scenario {
  const scenario = scenarios[name];
  if (scenario === undefined)
    throw new Error(`there is no scenario ${name}: there are ${Object.keys(scenarios).join(', ')}`);
  return scenario;
}

/** The sites of a sweep, made as they are needed. */
class Sites implements AsyncDisposable {
  readonly #program: string;
  readonly #all = new Set<Site>();
  readonly #idle: Site[] = [];

  constructor(program: string) {
    this.#program = program;
  }

  async take(): Promise<Site> {
    const site = this.#idle.pop() ?? (await Site.open(this.#program));
    this.#all.add(site);
    return site;
  }

  give(site: Site): void {
    this.#idle.push(site);
  }

  async drop(site: Site): Promise<void> {
    this.#all.delete(site);
    await site[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((site) => site[Symbol.asyncDispose]()));
  }
}

/** Does the tasks on several sites at a time; one on which something went wrong is given up. */
async function work<Task>(
  tasks: readonly Task[],
  { lanes, sites }: { readonly lanes: number; readonly sites: Sites },
  attempt: (site: Site, task: Task, left: number) => Promise<boolean>,
): Promise<void> {
  const waiting = [...tasks];
  let left = tasks.length;
  const lane = async (): Promise<void> => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      const site = await sites.take();
      left -= 1;
      const isSound = await attempt(site, task, left);
      if (isSound) sites.give(site);
      else await sites.drop(site);
    }
  };
  const ended = await Promise.allSettled(
    Array.from({ length: Math.min(lanes, tasks.length) }, () =>
      lane().catch((error: unknown) => {
        waiting.length = 0; // the others end what they are at, and begin nothing more
        throw error;
      }),
    ),
  );
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
