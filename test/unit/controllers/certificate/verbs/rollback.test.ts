import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { ArchivedVersion, Memory, Observed } from '../../../../../src/controllers/certificate/observed.ts';
import { plan } from '../../../../../src/controllers/certificate/plan.ts';
import { rollbackOf } from '../../../../../src/controllers/certificate/verbs/rollback.ts';
import type { CertificateRow } from '../../../../../src/controllers/certificate-row.ts';
import { fingerprintOf, holding, versions } from '../versions.ts';
import { archive, fresh, orderRecord, row } from '../world.ts';

const hourMs = 3_600_000;
let now: Date;
let current: ArchivedVersion;
let earlier: ArchivedVersion;
before(async () => {
  [current, earlier] = (await versions([2, 1])) as [ArchivedVersion, ArchivedVersion];
  now = new Date();
});

const after = (hours: number): Date => new Date(now.getTime() + hours * hourMs);

/** A Certificate whose Secret holds the current version, and its archive the earlier one, with this annotation. */
function asked(
  rollback: string,
  overrides: Partial<Observed> = {},
  certificate: Partial<CertificateRow> = {},
): Observed {
  return fresh({
    certificate: row({ verbs: { rollback }, ...certificate }),
    secret: holding(current),
    archive: archive({ intent: undefined, nextKeyPem: undefined, history: [earlier] }),
    ...overrides,
  });
}

function remembered(at: Date, revision = 3): Memory {
  return new Map([[fingerprintOf(earlier), { putBack: { at, revision } }]]);
}

describe('a roll-back', () => {
  test('moves what is in use into the archive, gives the earlier one its next revision, and gives up what was to be issued', () => {
    const seen = asked(fingerprintOf(earlier), { archive: archive({ history: [earlier] }) });
    const next = plan(seen, now);
    assert.ok(next.step === 'storeArchive');
    assert.deepEqual(
      next.content.history.map(({ revision }) => revision),
      [2, 3],
    );
    assert.deepEqual(next.content.memory.get(fingerprintOf(earlier)), { putBack: { at: now, revision: 3 } });
    assert.equal(next.content.next, undefined);
  });

  test('then puts the earlier one into the Secret, under a revision of its own, from the issuer that it came from', () => {
    const memory: Memory = new Map([
      [fingerprintOf(earlier), { issuer: 'ClusterIssuer/le', putBack: { at: now, revision: 3 } }],
    ]);
    const next = plan(
      asked(fingerprintOf(earlier), { archive: archive({ history: [current, earlier], memory }) }),
      now,
    );
    assert.deepEqual(next, {
      step: 'putBack',
      version: {
        revision: 3,
        issuedAt: now,
        issuerKey: 'ClusterIssuer/le',
        chainPem: earlier.chainPem,
        keyPem: earlier.keyPem,
      },
    });
  });

  test('archives anew where the Secret has come to hold another one meanwhile', () => {
    const next = plan(
      asked(fingerprintOf(earlier), { archive: archive({ history: [earlier], memory: remembered(now) }) }),
      now,
    );
    assert.equal(next.step, 'storeArchive');
  });

  test('goes before an order that is on its way', () => {
    const seen = asked(
      fingerprintOf(earlier),
      {},
      { verbs: { rollback: fingerprintOf(earlier) }, status: { order: { ...orderRecord, revision: 3 } } },
    );
    assert.equal(plan(seen, now).step, 'storeArchive');
  });

  test('is held once the Secret holds it: nothing is ordered when the renewal would be due, until it nears its end', () => {
    const back = { ...earlier, revision: 3 };
    const seen = (rollback: string): Observed =>
      asked(rollback, {
        secret: holding(back),
        archive: archive({ history: [current, earlier], memory: remembered(now) }),
      });
    const steps = [1, 20, 23].map((hours) => plan(seen(fingerprintOf(earlier)), after(hours)).step);
    assert.deepEqual(steps, ['recordStatus', 'recordStatus', 'storeIntent']);
    assert.equal(plan(seen(fingerprintOf(current)), after(20)).step, 'storeArchive');
  });

  test('a renewal asked for since ends the hold', () => {
    const seen = asked(
      '',
      {
        secret: holding(earlier, { revision: 3, issuedAt: now }),
        archive: archive({ history: [current], memory: remembered(now) }),
      },
      { verbs: { rollback: fingerprintOf(earlier) }, renewRequestedAt: after(1) },
    );
    assert.equal(plan(seen, after(0.5)).step, 'recordStatus');
    assert.equal(plan(seen, after(1)).step, 'storeIntent');
  });

  test('is remembered also where the Secret holds it already, so that a renewal is not undone later', () => {
    const seen = asked(fingerprintOf(current), { archive: undefined });
    const next = plan(seen, now);
    assert.ok(next.step === 'storeArchive');
    assert.deepEqual(next.content.memory.get(fingerprintOf(current)), { putBack: { at: now, revision: 2 } });
  });

  test('is not carried out twice for one wish, and says what to do to have it once more', () => {
    const seen = asked(fingerprintOf(earlier), {
      secret: holding({ ...current, revision: 4 }),
      archive: archive({ history: [earlier], memory: remembered(now) }),
    });
    assert.deepEqual(rollbackOf(seen, after(1)), { state: 'superseded', at: now });
    const next = plan(seen, after(1));
    assert.ok(next.step === 'recordStatus');
    const told = next.status.conditions?.find(({ type }) => type === 'RolledBack');
    assert.equal(told?.reason, 'RollbackSuperseded');
    assert.match(told?.message ?? '', new RegExp(`evercert.dev/rollback="${fingerprintOf(earlier)}@`));
  });

  test('is not carried out twice either while the Secret is gone', () => {
    const seen = asked(
      fingerprintOf(earlier),
      { secret: { kind: 'absent' }, archive: archive({ history: [earlier], memory: remembered(now) }) },
      { status: { revision: 4 }, verbs: { rollback: fingerprintOf(earlier) } },
    );
    assert.equal(rollbackOf(seen, after(1))?.state, 'superseded');
  });

  test('is carried out once more where it is asked for since then', () => {
    const again = (at: Date): string | undefined => {
      const seen = asked(`${fingerprintOf(earlier)}@${at.toISOString()}`, {
        secret: holding({ ...current, revision: 4 }),
        archive: archive({ history: [earlier], memory: remembered(after(1)) }),
      });
      return rollbackOf(seen, after(2))?.state;
    };
    assert.equal(again(after(0.5)), 'superseded');
    assert.equal(again(after(1.5)), 'toArchive');
    assert.equal(again(after(9)), 'refused');
  });
});

describe('a roll-back is refused, nothing is written but the condition, and that says why and what is possible:', () => {
  const refusals: readonly (readonly [name: string, sentence: RegExp, seen: () => Observed])[] = [
    [
      'a certificate that nobody knows',
      /the archive has no such certificate.* back: [0-9a-f]{64}/,
      () => asked('ab'.repeat(32)),
    ],
    [
      'one that is revoked',
      /it is revoked.* back: nothing/,
      () => {
        const memory: Memory = new Map([[fingerprintOf(earlier), { revoked: { at: now, reason: 'superseded' } }]]);
        return asked(fingerprintOf(earlier), { archive: archive({ history: [earlier], memory }) });
      },
    ],
    [
      'one whose revocation is asked for',
      /its revocation is asked for/,
      () => {
        const verbs = { rollback: fingerprintOf(earlier), revoke: fingerprintOf(earlier) };
        return asked('', { secret: holding(current, { issuedAt: now }) }, { verbs });
      },
    ],
    [
      'one for other names than the spec has',
      /the names have changed: new\.example added; shop\.example removed/,
      () => asked('', {}, { verbs: { rollback: fingerprintOf(earlier) }, names: ['new.example'] }),
    ],
    [
      'one of another issuer',
      /the issuer has changed from ClusterIssuer\/staging to ClusterIssuer\/le/,
      () => {
        const memory: Memory = new Map([[fingerprintOf(earlier), { issuer: 'ClusterIssuer/staging' }]]);
        return asked(fingerprintOf(earlier), { archive: archive({ history: [earlier], memory }) });
      },
    ],
    [
      'one with another kind of key',
      /a private key of RSA 2048 is asked for/,
      () =>
        asked(
          '',
          {},
          {
            verbs: { rollback: fingerprintOf(earlier) },
            spec: { ...row().spec, privateKey: { algorithm: 'RSA' } },
          },
        ),
    ],
    [
      'one whose key does not fit',
      /the archive has no such certificate/,
      () => asked(fingerprintOf(earlier), { archive: archive({ history: [{ ...earlier, keyPem: current.keyPem }] }) }),
    ],
  ];
  for (const [name, sentence, make] of refusals) {
    test(name, () => {
      const seen = make();
      const found = rollbackOf(seen, now);
      assert.ok(found?.state === 'refused', JSON.stringify(found));
      assert.match(found.why, sentence);
      const next = plan(seen, now);
      if (next.step === 'recordStatus') {
        assert.equal(next.status.conditions?.find(({ type }) => type === 'RolledBack')?.reason, 'RollbackRefused');
      } else {
        assert.equal(next.step, 'storeIntent'); // what the spec asks for goes on
      }
    });
  }

  test('one that has expired, or is about to', () => {
    const seen = asked(fingerprintOf(earlier));
    for (const [hours, sentence] of [
      [24, /it expired at/],
      [23, /too soon to go on with it/],
    ] as const) {
      const found = rollbackOf(seen, after(hours));
      assert.match(found?.state === 'refused' ? found.why : '', sentence);
    }
  });
});
