import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { firstDifference } from '../../conformance/kube/differential.ts';
import { simulated } from '../../conformance/kube/simulated.ts';
import type { CustomResourceDefinition } from '../../sim/api-server/index.ts';
import { realServer } from './server.ts';

/** `SEED` and `SEEDS` run others, and more: `SEED=7 SEEDS=1` repeats a failure, `SEEDS=200` looks longer. */
const firstSeed = Number(env['SEED'] ?? 1);
const seeds = Number(env['SEEDS'] ?? 4);
const requestsEach = 120;

describe('the simulated API server beside a real one', () => {
  const definition = parse(readFileSync('crds/certificates.yaml', 'utf8')) as CustomResourceDefinition;

  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    test(`answers the requests drawn from seed ${seed} in the same way`, async () => {
      await using simulation = await simulated();
      await using real = await realServer();
      const servers = [simulation, real] as const;
      const difference = await firstDifference({ servers, definition, seed, count: requestsEach });
      assert.equal(difference, undefined);
    });
  }
});
