import type { CaSetup, CaUnderTest } from './ca-under-test.ts';

/** What every CA has to do, in a sentence that goes on from the group's name. */
export interface Case {
  readonly name: string;
  readonly run: (ca: CaUnderTest) => Promise<void>;
}

/** Cases about one thing, at a CA of one set-up. */
export interface Group {
  readonly name: string;
  readonly setup: CaSetup;
  readonly cases: readonly Case[];
}

const dayMs = 86_400_000;

/** One profile, and accounts for everybody. */
export const usual: CaSetup = {
  blocked: ['blocked.example'],
  profiles: { default: { description: 'For everybody', lifetimeMs: 90 * dayMs } },
  externalAccounts: undefined,
  alternates: 0,
  reusesAuthorizations: false,
};

/** The same, where what was proven once is not asked for again. */
export const remembering: CaSetup = { ...usual, reusesAuthorizations: true };

export const external = { keyId: 'kid-1', hmacKey: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };

/** Two profiles, two chains, and accounts only for those who are known already. */
export const demanding: CaSetup = {
  blocked: [],
  profiles: {
    default: { description: 'For everybody', lifetimeMs: 90 * dayMs },
    shortlived: { description: 'Six days', lifetimeMs: 6 * dayMs },
  },
  externalAccounts: { [external.keyId]: external.hmacKey },
  alternates: 1,
  reusesAuthorizations: false,
};
