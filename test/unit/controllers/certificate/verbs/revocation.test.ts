import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { ArchivedVersion, Memory, Observed } from '../../../../../src/controllers/certificate/observed.ts';
import { plan, usableIntent } from '../../../../../src/controllers/certificate/plan.ts';
import { statusOf } from '../../../../../src/controllers/certificate/status.ts';
import { isCompromised, thumbprintOf } from '../../../../../src/controllers/certificate/verbs/compromised.ts';
import { revocationOf } from '../../../../../src/controllers/certificate/verbs/revocation.ts';
import type { CertificateRow } from '../../../../../src/controllers/certificate-row.ts';
import { fingerprintOf, holding, versions } from '../versions.ts';
import { archive, fresh, reach, row, specHash } from '../world.ts';

let now: Date;
let current: ArchivedVersion;
let earlier: ArchivedVersion;
before(async () => {
  [current, earlier] = (await versions([2, 1])) as [ArchivedVersion, ArchivedVersion];
  now = new Date();
});

const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

/** A Certificate whose Secret has held the current version since now, and its archive the earlier one, with this annotation. */
function asked(revoke: string, overrides: Partial<Observed> = {}, certificate: Partial<CertificateRow> = {}): Observed {
  return fresh({
    certificate: row({ verbs: { revoke }, ...certificate }),
    secret: holding(current, { issuedAt: now }),
    archive: archive({ intent: undefined, nextKeyPem: undefined, history: [earlier] }),
    ...overrides,
  });
}

/** What the reload controller says of the certificate in use: that every workload serves it, or that one does not. */
function reloaded(status: 'True' | 'False', fingerprint = fingerprintOf(current)): CertificateRow['status'] {
  const condition = { type: 'Reloaded', status, reason: 'Served', message: '', lastTransitionTime: '' };
  return { fingerprint: fingerprintOf(current), conditions: [condition], reload: { fingerprint } };
}

function remembered(version: ArchivedVersion, reason: string): Memory {
  const key = thumbprintOf(version.keyPem) ?? '';
  const revoked = { at: now, reason, ...(reason === 'keyCompromise' ? { key } : {}) };
  return new Map([[fingerprintOf(version), { revoked }]]);
}

/** What the condition `Revoked` says in the end of a pass. */
function told(seen: Observed, at: Date): readonly [status: string | undefined, reason: string | undefined] {
  const found = statusOf(seen, at, {}).conditions?.find(({ type }) => type === 'Revoked');
  return [found?.status, found?.reason];
}

describe('a revocation of the certificate in use', () => {
  test('has it replaced first, and is not asked of the CA meanwhile', () => {
    const seen = asked(`${fingerprintOf(current)}=superseded`, { secret: holding(current) });
    const next = plan(seen, now);
    assert.equal(next.step, 'storeIntent');
    assert.deepEqual(told(seen, now), ['False', 'RevocationPending']);
  });

  test('for a key that is known to others is asked of the CA at once, with the issuer that it came from', () => {
    const next = plan(asked(`${fingerprintOf(current)}=keyCompromise`), now);
    assert.ok(next.step === 'revoke');
    const { issuerKey, reason, keyPem } = next.doomed;
    assert.deepEqual([issuerKey, reason, keyPem], ['ClusterIssuer/le', 'keyCompromise', current.keyPem]);
  });

  test('for such a key does not hold up its replacement while the CA cannot be asked', () => {
    const unrevoked = { why: 'The CA is down', retryAt: after(60), refused: false };
    const seen = asked(`${fingerprintOf(current)}=keyCompromise`, { unrevoked });
    assert.equal(plan(seen, now).step, 'storeIntent');
    assert.deepEqual(told(seen, now), ['False', 'RevocationPending']);
    assert.equal(plan(seen, after(60)).step, 'revoke');
  });

  test('keeps on replacing it once it is revoked, whatever becomes of the annotation; Ready is not said of it', () => {
    const revoked = archive({ intent: undefined, history: [], memory: remembered(current, 'keyCompromise') });
    for (const verbs of [{ revoke: `${fingerprintOf(current)}=keyCompromise` }, {}]) {
      const seen = asked('', { archive: revoked }, { verbs });
      assert.equal(plan(seen, now).step, 'storeIntent');
      assert.deepEqual(told(seen, now), ['True', 'Revoked']);
      assert.equal(statusOf(seen, now, {}).conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
    }
  });
});

describe('a revocation of an earlier certificate', () => {
  const superseded = (): string => `${fingerprintOf(earlier)}=superseded`;

  test('is asked of the CA once every workload serves the one in use', () => {
    const served = asked(superseded(), {}, { verbs: { revoke: superseded() }, status: reloaded('True') });
    assert.equal(plan(served, now).step, 'revoke');
  });

  test('waits while a workload serves another, and while the reload tells of an earlier one; for an hour at the longest', () => {
    for (const status of [reloaded('False'), reloaded('True', fingerprintOf(earlier))]) {
      const seen = asked(superseded(), {}, { verbs: { revoke: superseded() }, status });
      const next = plan(seen, after(3_599));
      assert.notEqual(next.step, 'revoke');
      assert.deepEqual(revocationOf(seen, after(1)), { state: 'waiting', until: after(3_600) });
      assert.equal(plan(seen, after(3_600)).step, 'revoke');
    }
  });

  test('waits until it would be known that somebody reads the Secret', () => {
    assert.deepEqual(revocationOf(asked(superseded()), after(29)), { state: 'waiting', until: after(30) });
    assert.equal(revocationOf(asked(superseded()), after(30))?.state, 'due');
  });

  test('looks again when it is due, where nothing else happens before', () => {
    const seen = asked(superseded(), { reach: reach({ retryAt: after(9_999) }) });
    const status = statusOf(seen, now, { order: 'drop', failure: 'clear' });
    const rested = plan({ ...seen, certificate: row({ verbs: { revoke: superseded() }, status }) }, after(1));
    assert.deepEqual(rested, { step: 'rest', until: after(30) });
  });

  test('waits for a certificate to be served in its place where the Secret has none', () => {
    assert.deepEqual(revocationOf(asked(superseded(), { secret: { kind: 'absent' } }), after(9_999)), {
      state: 'waiting',
      until: undefined,
    });
  });

  test('for a key that is known to others waits for nothing', () => {
    assert.equal(revocationOf(asked(`${fingerprintOf(earlier)}=keyCompromise`), now)?.state, 'due');
  });

  test('is done once it is remembered, and the CA is not asked again', () => {
    const done = archive({ intent: undefined, history: [earlier], memory: remembered(earlier, 'superseded') });
    const seen = asked(superseded(), { archive: done });
    assert.equal(plan(seen, after(30)).step, 'recordStatus');
    assert.deepEqual(told(seen, now), ['True', 'Revoked']);
  });

  test('that the CA refused is not asked for again, also by a process that did not hear it', () => {
    const unrevoked = { why: 'The CA refused', retryAt: now, refused: true };
    const seen = asked(superseded(), { unrevoked });
    const next = plan(seen, after(30));
    assert.ok(next.step === 'recordStatus');
    assert.deepEqual(told(seen, after(30)), ['False', 'RevocationRefused']);
    const later = asked(superseded(), {}, { verbs: { revoke: superseded() }, status: next.status });
    assert.notEqual(plan(later, after(60)).step, 'revoke');
    const otherwise = asked('', {}, { verbs: { revoke: fingerprintOf(earlier) }, status: next.status });
    assert.equal(plan(otherwise, after(60)).step, 'revoke');
  });
});

describe('a revocation does nothing', () => {
  const cases: readonly (readonly [name: string, seconds: number, fingerprint: () => string])[] = [
    ['for a certificate that neither the Secret nor the archive has', 0, () => 'ab'.repeat(32)],
    ['for one that has expired', 24 * 3_600, () => fingerprintOf(earlier)],
  ];
  for (const [name, seconds, fingerprint] of cases) {
    test(name, () => {
      const seen = asked(fingerprint());
      assert.notEqual(plan(seen, after(seconds)).step, 'revoke');
      assert.deepEqual(told(seen, after(seconds)), ['False', 'RevocationRefused']);
    });
  }
});

describe('a key that is known to others', () => {
  const compromised = (): Memory => remembered(earlier, 'keyCompromise');

  test('is known as such, done or asked for, and no other is', () => {
    const done = asked('', { archive: archive({ history: [], memory: compromised() }) }, { verbs: {} });
    const wished = asked(`${fingerprintOf(earlier)}=keyCompromise`);
    for (const seen of [done, wished]) {
      assert.equal(isCompromised(seen, earlier.keyPem), true);
      assert.equal(isCompromised(seen, current.keyPem), false);
      assert.equal(isCompromised(seen, 'no key'), false);
    }
    assert.equal(isCompromised(asked(`${fingerprintOf(earlier)}=superseded`), earlier.keyPem), false);
  });

  test('has the certificate in use replaced, if that has it too', () => {
    const secret = holding({ ...earlier, revision: 5 });
    const other: Memory = new Map([['ab'.repeat(32), compromised().get(fingerprintOf(earlier)) ?? {}]]);
    const seen = asked('', { secret, archive: archive({ history: [], memory: other }) }, { verbs: {} });
    assert.equal(plan(seen, now).step, 'storeIntent');
  });

  test('is no key for the next certificate', () => {
    const intent = { revision: 3, specHash, names: row().names };
    const seen = asked('', {
      archive: archive({ intent, nextKeyPem: earlier.keyPem, history: [], memory: compromised() }),
    });
    assert.equal(usableIntent(seen), undefined);
    const other = asked('', { archive: archive({ intent, nextKeyPem: current.keyPem, memory: compromised() }) });
    assert.deepEqual(usableIntent(other), intent);
  });
});
