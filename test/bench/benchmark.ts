/** What a benchmark is made of, and what it leaves: the vocabulary of this folder. */

/** One way of loading the subjects. */
export interface Case {
  readonly name: string;
  /** A sentence for people. */
  readonly what: string;
  /** Measured rounds of each subject, unless the command line says otherwise. */
  readonly rounds: number;
  /** Its rounds start from nothing, so that there is no round to warm up with. */
  readonly cold?: true;
}

/** What one round of one subject measured, as it was measured: a list of values by what they are. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** A subject made ready for one case. Disposing takes away what it made. */
export interface Trial extends AsyncDisposable {
  /** Measures once and cleans up after it, outside of what is timed. */
  round(): Promise<Samples>;
}

/** What is measured, or what it is compared with. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  /** Undefined where it takes no part in the case. */
  prepare(of: Case): Promise<Trial | undefined>;
}

/** A figure that one round comes down to. */
export interface Figure {
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
}

/**
 * What a benchmark runs in: a node with Evercert installed by its chart, the control plane alone, the control plane with a
 * CA, or with a CA and an ingress controller, or this machine as it is.
 */
export type Ground = 'node' | 'control-plane' | 'ca' | 'issuing' | 'machine';

export interface Benchmark {
  readonly name: string;
  /** A sentence for people. */
  readonly what: string;
  readonly ground: Ground;
  readonly cases: readonly Case[];
  /** Starts the subjects, inside a running cluster where there is one. The first is ours, the others are its peers. */
  subjects(): Promise<readonly [Subject, ...Subject[]]>;
  /** Reduces what a round measured. Pure. */
  readonly figures: (samples: Samples) => readonly Figure[];
}

/** One round as it is kept. */
export interface Round {
  readonly case: string;
  readonly subject: string;
  /** From 1. */
  readonly round: number;
  readonly samples: Samples;
}

/** One line of the result: a figure over all rounds. `n` is their number. */
export interface Result {
  readonly case: string;
  readonly subject: string;
  readonly metric: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}
