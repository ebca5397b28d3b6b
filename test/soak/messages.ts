import type { Fingerprints } from './contents.ts';

/** What the soak asks its subject, which is a process of its own. */
export type Question =
  | { readonly ask: 'start'; readonly kubeconfig: string }
  /** What each cache holds, and whether all of them follow. */
  | { readonly ask: 'look' }
  /** Those of the objects of one cache. */
  | { readonly ask: 'objects'; readonly cache: string }
  /** Which of the versions that were written, by the plural of their kind, were not told since this was asked last. */
  | { readonly ask: 'untold'; readonly written: Readonly<Record<string, readonly string[]>> }
  | { readonly ask: 'measure' }
  /** Stops everything, and says what is left. */
  | { readonly ask: 'end' };

/** The answer to each question. */
export interface Answers {
  readonly start: null;
  readonly look: Look;
  readonly objects: Fingerprints;
  /** By cache; selections are left out, which need not show every version. */
  readonly untold: Readonly<Record<string, readonly string[]>>;
  readonly measure: Measure;
  readonly end: Remains;
}

/** What there is to see from outside at no cost. */
export interface Look {
  /** The fingerprint of each cache. */
  readonly caches: Readonly<Record<string, string>>;
  /** Watches that are open: one for each cache when all is well. */
  readonly watches: number;
}

/** How the subject is. Memory is measured after a collection of garbage. */
export interface Measure {
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Open sockets and armed timers, as Node counts what keeps a process alive. */
  readonly sockets: number;
  readonly timers: number;
  /** Listeners on the signal that would end everything. */
  readonly abortListeners: number;
  /** Lists and watches that were begun since the start, by cache. */
  readonly lists: Readonly<Record<string, number>>;
  readonly watchesOpened: Readonly<Record<string, number>>;
  /** Changes that listeners were told of. */
  readonly changes: number;
  /** How often the API server refused the token. */
  readonly unauthorized: number;
  /** What is wrong by what the subject sees itself: a sentence for each finding, told once. */
  readonly findings: readonly string[];
}

/** What keeps a process alive after everything in it has ended, by the names that Node gives it. */
export interface Remains {
  readonly resources: readonly string[];
}
