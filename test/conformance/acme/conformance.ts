import { after, before, describe, test } from 'node:test';
import { accounts, boundAccounts, directory, keyChange } from './accounts.ts';
import { authorizations, reuse } from './authorizations.ts';
import type { CaSetup, CaUnderTest } from './ca-under-test.ts';
import { choices, issuance } from './issuance.ts';
import { orders } from './orders.ts';
import { renewalInfo, replacement } from './renewal.ts';
import { revocation } from './revocation.ts';

const groups = [
  directory,
  accounts,
  keyChange,
  boundAccounts,
  orders,
  authorizations,
  reuse,
  issuance,
  revocation,
  choices,
  renewalInfo,
  replacement,
];

/**
 * Registers the tests that a real CA and the simulated one both have to pass: one CA for each set-up, shared by its cases,
 * each of which has accounts of its own.
 */
export function acmeConformance(name: string, start: (setup: CaSetup) => Promise<CaUnderTest>): void {
  for (const [setup, sharing] of Map.groupBy(groups, (group) => group.setup)) {
    describe(`at ${name},`, () => {
      let ca: CaUnderTest;
      before(async () => {
        ca = await start(setup);
      });
      after(() => ca[Symbol.asyncDispose]());
      for (const group of sharing) {
        describe(group.name, () => {
          for (const { name: sentence, run } of group.cases) test(sentence, () => run(ca));
        });
      }
    });
  }
}
