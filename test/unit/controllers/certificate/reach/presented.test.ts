import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Authorization } from '../../../../../src/acme/index.ts';
import type { Reach } from '../../../../../src/controllers/certificate/observed.ts';
import { type Presenting, presented } from '../../../../../src/controllers/certificate/reach/presented.ts';
import { Probes } from '../../../../../src/controllers/certificate/reach/probes.ts';
import { Pool } from '../../../../../src/runtime/index.ts';
import { virtualClock } from '../../../../kit/clock.ts';
import { row } from '../world.ts';

const names = ['a.example', 'b.example', 'c.example'];

/** What becomes of the self check of three names, of which that of `b.example` is advice alone. */
async function checked(failing: readonly string[]): Promise<Reach> {
  const clock = virtualClock();
  const pool = new Pool({ clock, slots: 10, slowSlots: 1, patienceMs: 1_000 });
  const probes = new Probes({
    clock,
    pool,
    wake: () => {},
    // Asked by its address, every responder presents.
    probe: async ({ host, address }) =>
      address === undefined && failing.includes(host) ? { ok: false, problem: `${host} lost it` } : { ok: true },
  });
  const solver = (selfCheck: string, dnsNames?: string[]) => ({
    http01: { ingress: {} },
    selfCheck,
    ...(dnsNames === undefined ? {} : { selector: { dnsNames } }),
  });
  const presenting = {
    certificate: row({ names }),
    account: { thumbprint: 'thumb' },
    issuer: { spec: { acme: { solvers: [solver('required'), solver('advisory', ['b.example'])] } } },
  } as unknown as Presenting;
  const authorizations = names.map(
    (value): Authorization => ({
      url: `https://ca.test/${value}`,
      status: 'pending',
      identifier: { type: 'dns', value },
      challenges: [{ type: 'http-01', url: `https://ca.test/c/${value}`, status: 'pending', token: `token-${value}` }],
    }),
  );
  const endpoints = {
    by: () => [{ service: 'evercert/responders', endpoints: [{ address: '10.0.0.1', port: 8080 }] }],
  };
  const look = (): Reach =>
    presented({ clock, endpoints, probes, responders: 'evercert/responders' }, presenting, authorizations);
  for (let turn = 0; turn < 10; turn += 1) {
    look();
    await clock.advance(1_000);
  }
  return look();
}

describe('whether challenges are presented', () => {
  const cases: readonly (readonly [what: string, failing: readonly string[], state: string, of: readonly string[]])[] =
    [
      ['they are where every way gives them', [], 'reached', []],
      ['a check that is advice alone holds nothing up', ['b.example'], 'reached', []],
      ['one that is required does', ['a.example'], 'failed', ['a.example']],
      ['advice is no problem of its name beside one that is', ['a.example', 'b.example'], 'failed', ['a.example']],
    ];
  for (const [what, failing, state, of] of cases) {
    test(what, async () => {
      const reach = await checked(failing);
      assert.equal(reach.state, state);
      assert.deepEqual(
        reach.problems.map(({ host }) => host),
        of,
      );
    });
  }
});
