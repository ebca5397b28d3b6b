import type { Case, Round, Subject, Trial } from './benchmark.ts';

/** Told of each round as it begins; `round` 0 is the warm-up. */
export type OnRound = (now: { readonly case: string; readonly subject: string; readonly round: number }) => void;

/**
 * Runs the cases, one after another: each subject is made ready, does one round that is dropped (unless the case is cold), and
 * then the subjects take turns (A B A B ...), so that what disturbs the machine for a while disturbs all.
 */
export async function runRounds(
  cases: readonly Case[],
  subjects: readonly Subject[],
  onRound: OnRound = () => {},
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const one of cases) rounds.push(...(await runCase(one, subjects, onRound)));
  return rounds;
}

async function runCase(of: Case, subjects: readonly Subject[], onRound: OnRound): Promise<Round[]> {
  await using trials = new AsyncDisposableStack();
  const ready: { readonly subject: string; readonly trial: Trial }[] = [];
  for (const subject of subjects) {
    const trial = await subject.prepare(of);
    if (trial !== undefined) ready.push({ subject: subject.name, trial: trials.use(trial) });
  }
  const rounds: Round[] = [];
  for (let round = of.cold === true ? 1 : 0; round <= of.rounds; round += 1) {
    for (const { subject, trial } of ready) {
      onRound({ case: of.name, subject, round });
      const samples = await trial.round();
      if (round > 0) rounds.push({ case: of.name, subject, round, samples });
    }
  }
  return rounds;
}
