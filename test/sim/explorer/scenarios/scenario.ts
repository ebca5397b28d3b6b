import type { Reason } from '../../../../src/api/index.ts';
import type { CaOptions } from '../../ca/index.ts';
import type { World } from '../../world/world.ts';

/** What the Certificate comes to. */
export interface Ending {
  /** The reasons of its conditions. */
  readonly ready: Reason;
  readonly issuing: Reason;
  /** Of its Secret; 0: there is none. */
  readonly revision: number;
}

/** What a user does, and what has to come of it. */
export interface Scenario {
  /** A phrase for people. */
  readonly what: string;
  /** How the CA behaves; strictly unless told. */
  readonly ca?: CaOptions;
  /** What stands before; nothing but a ready ClusterIssuer unless told. */
  readonly before?: (world: World) => Promise<void>;
  readonly act: (world: World) => Promise<void>;
  /** What the user does meanwhile, right after the first call for which `when` holds has been carried out. */
  readonly meanwhile?: {
    readonly when: (call: string, world: World) => boolean;
    readonly act: (world: World) => Promise<void>;
  };
  /** By when everything is done that is to be done; soon, unless told. Whole back-offs may lie before it. */
  readonly restMs?: number;
  /** How it ends; like the undisturbed run unless told. */
  readonly ends?: Ending;
  /** What the condition Issuing says on the way, where nothing is disturbed. */
  readonly says?: Reason;
  /** How many requests the CA may get for it at most, but for those that it gets though nothing is to be done. */
  readonly requests?: number;
  /** By the time that a fault passes other names may be wanted: each may cost an order for those of before. */
  readonly namesChange?: true;
  /** How many certificates may be issued for it at most. */
  readonly certificates: number;
  /** How often the CA may refuse an order for a limit that ends by itself; never unless told. */
  readonly refusals?: number;
}
