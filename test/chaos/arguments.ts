import { parseArgs } from 'node:util';
import { type Phase, phases } from './proxy/index.ts';
import { scenarios } from './sweep/scenarios.ts';
import type { Plan } from './sweep/sweep.ts';

export interface Arguments {
  readonly action: 'sweep' | 'help';
  readonly scenarios: readonly string[];
  /** The only crashes to try; undefined: every one. */
  readonly plans: readonly Plan[] | undefined;
  readonly lanes: number;
}

/** What `--help` says. */
export const usage = `Kills the operator by SIGKILL at every write and every request to the CA, on a real API server with Pebble and Traefik,
lets it start anew and go on, and compares what came of it with a run without a crash.

Usage: npm run chaos [-- --scenarios LIST] [--plan PLAN]... [--lanes N]

${Object.entries(scenarios)
  .map(([name, { what }]) => `  ${name.padEnd(22)}${what}`)
  .join('\n')}

  --scenarios LIST   only these, separated by commas
  --plan PLAN        only this crash: SCENARIO/CALL/PHASE, such as renewal/newOrder/unheard; may be repeated.
                     CALL as a violation names it; of several alike, the second is order#2.
                     PHASE: unsent (the server never hears of the call), unheard (it is carried out, its reply is lost)
                     or heard (the reply is heard, and nothing that follows)
  --lanes N          how many namespaces work side by side, each with an operator of its own   (default 4)
  --help             this text

Exits with 0 when nothing was violated, and with 1 when something was.
`;

/** Reads the command line. @throws Error that says what is wrong with it. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      scenarios: { type: 'string' },
      plan: { type: 'string', multiple: true },
      lanes: { type: 'string', default: '4' },
      help: { type: 'boolean', default: false },
    },
  });
  if (!/^[1-9][0-9]?$/.test(values.lanes)) throw new Error(`--lanes ${values.lanes}: say a number from 1 to 99`);
  const plans = values.plan?.map(planOf);
  const wanted = plans?.map(({ scenario }) => scenario) ?? values.scenarios?.split(',') ?? Object.keys(scenarios);
  const names = [...new Set(wanted)];
  const unknown = names.filter((name) => !(name in scenarios));
  if (unknown.length > 0) {
    throw new Error(`there is no scenario ${unknown.join(', ')}: there are ${Object.keys(scenarios).join(', ')}`);
  }
  return { action: values.help ? 'help' : 'sweep', scenarios: names, plans, lanes: Number(values.lanes) };
}

function planOf(text: string): Plan {
  const [scenario = '', point = '', phase = '', ...more] = text.split('/');
  if (point === '' || !isPhase(phase) || more.length > 0) {
    throw new Error(`--plan ${text}: say SCENARIO/CALL/PHASE, with ${phases.join(', ')} as PHASE`);
  }
  return { scenario, point, phase };
}

function isPhase(word: string): word is Phase {
  return phases.some((phase) => phase === word);
}

/** A plan as the command line takes it. */
export function describePlan({ scenario, point, phase }: Plan): string {
  return `${scenario}/${point}/${phase}`;
}
