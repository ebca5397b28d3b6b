import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { ArchivedVersion, Memory } from '../../../../../src/controllers/certificate/observed.ts';
import { archiveSeen, archiveWith, movedOn } from '../../../../../src/controllers/certificate/secret/archive.ts';
import type { Secret } from '../../../../../src/controllers/certificate/secret/secret.ts';
import { statusOf } from '../../../../../src/controllers/certificate/status.ts';
import type { CertificateRow } from '../../../../../src/controllers/certificate-row.ts';
import { readChain } from '../../../../../src/pki/index.ts';
import { selfSigned } from '../../../../kit/self-signed.ts';
import { archive, at, fresh, issued, now, row, secret } from '../world.ts';

const next = { intent: { revision: 4, specHash: 'abc', names: ['shop.example'], replaces: 'ari.03' }, keyPem: '' };

/** Three pairs, of revisions 3, 2 and 1. */
let history: readonly ArchivedVersion[];
before(async () => {
  const pairs = await Promise.all([3, 2, 1].map(() => selfSigned('shop.example')));
  history = pairs.map(({ certificate, key }, index) => ({ revision: 3 - index, chainPem: certificate, keyPem: key }));
  next.keyPem = pairs[0]?.key ?? '';
});

const fingerprintOf = ({ chainPem }: ArchivedVersion): string => readChain(chainPem).leaf.fingerprint;
/** The one of this revision. */
function version(revision: number): ArchivedVersion {
  return history.find((one) => one.revision === revision) ?? assert.fail();
}

/** The Secret that holds this version. */
function holding(one: ArchivedVersion): ReturnType<typeof secret> {
  return secret({ ...one, issued: issued({ fingerprint: fingerprintOf(one) }) });
}

function revisionsOf(moved: { readonly history: readonly ArchivedVersion[] }): number[] {
  return moved.history.map(({ revision }) => revision);
}

function limited(archiveLimit: number, verbs: CertificateRow['verbs'] = {}): CertificateRow {
  return row({ spec: { ...row().spec, archiveLimit }, verbs });
}

describe('the archive of a Certificate', () => {
  test('what is written is read back: the intent, its key, the versions, and what is remembered', () => {
    const memory: Memory = new Map([
      [
        fingerprintOf(version(3)),
        {
          issuer: 'ClusterIssuer/le',
          putBack: { at: now, revision: 3 },
          revoked: { at: now, reason: 'keyCompromise', key: 'thumbprint' },
        },
      ],
    ]);
    const object = archiveWith({ certificate: row(), archive: undefined }, { next, history, memory });
    const seen = archiveSeen(object);
    assert.deepEqual(seen?.intent, next.intent);
    assert.equal(seen?.nextKeyPem, next.keyPem);
    assert.deepEqual(seen?.history, history);
    assert.deepEqual(seen?.memory, memory);
  });

  test('one without an intent has none, and no key for it', () => {
    const object = archiveWith({ certificate: row(), archive: undefined }, { history: [], memory: new Map() });
    assert.deepEqual(Object.keys((object as Secret).data ?? {}), []);
    assert.equal(archiveSeen(object)?.intent, undefined);
  });

  const unreadable = ['{', 'null', '{"aa":null,"bb":{"revoked":{"at":"never"},"putBack":{"at":"2026-01-01"}}}'];
  for (const text of unreadable) {
    test(`of a memory that reads ${text} nothing is believed`, () => {
      const metadata = { name: 'x', annotations: { 'evercert.dev/memory': text } };
      const memory = archiveSeen({ apiVersion: 'v1', kind: 'Secret', metadata })?.memory;
      assert.ok(memory !== undefined && [...memory.values()].every((one) => Object.keys(one).length === 0));
    });
  }

  test('an intent that cannot be read counts as none', () => {
    const metadata = { name: 'x', annotations: { 'evercert.dev/intent': '{"revision":"4"' } };
    assert.equal(archiveSeen({ apiVersion: 'v1', kind: 'Secret', metadata })?.intent, undefined);
  });
});

describe('the version in use moves into the archive', () => {
  test('it keeps archiveLimit versions, the newest first, and none twice', () => {
    const earlier = archive({ history: history.slice(1) });
    const world = { certificate: limited(2), archive: earlier, secret: holding(version(3)) };
    assert.deepEqual(revisionsOf(movedOn(world)), [3, 2]);
    assert.deepEqual(revisionsOf(movedOn({ ...world, archive: archive({ history }) })), [3, 2]);
  });

  test('beyond the limit it keeps the version that a verb names', () => {
    for (const verb of ['rollback', 'revoke']) {
      const certificate = limited(1, { [verb]: fingerprintOf(version(1)) });
      const moved = movedOn({ certificate, archive: archive({ history }), secret: holding(version(3)) });
      assert.deepEqual(revisionsOf(moved), [3, 1]);
    }
  });

  test('it keeps no more than a Secret can hold, drops the oldest, and counts them', async () => {
    const pairs = await Promise.all(Array.from({ length: 50 }, () => selfSigned(`${'a'.repeat(60)}.`.repeat(20))));
    const crowd = pairs.map(({ certificate, key }, index) => {
      return { revision: 99 - index, chainPem: certificate.repeat(20), keyPem: key };
    });
    const moved = movedOn({
      certificate: limited(50),
      archive: archive({ history: crowd }),
      secret: { kind: 'absent' },
    });
    const size = moved.history.reduce((sum, one) => sum + one.chainPem.length + one.keyPem.length, 0);
    assert.ok(size < 1024 * 1024);
    assert.equal(moved.history[0]?.revision, 99);
    assert.equal(moved.crowdedOut, 50 - moved.history.length);
    assert.ok(moved.crowdedOut > 0 && moved.history.length > 1);
  });

  test('one that was put back stands in it once, under its later revision', () => {
    const again = holding({ ...version(1), revision: 4 });
    const moved = movedOn({ certificate: limited(3), archive: archive({ history }), secret: again });
    assert.deepEqual(revisionsOf(moved), [4, 3, 2]);
  });

  test('a version that is no pair any more is dropped', () => {
    const broken = [{ ...version(3), keyPem: version(2).keyPem }, version(1)];
    const moved = movedOn({
      certificate: limited(3),
      archive: archive({ history: broken }),
      secret: { kind: 'absent' },
    });
    assert.deepEqual(revisionsOf(moved), [1]);
  });

  test('what is remembered of a certificate that is gone is forgotten, but for that it was revoked', () => {
    const [first, second] = [fingerprintOf(version(1)), fingerprintOf(version(2))];
    const revoked = { at: now, reason: 'superseded' };
    const memory: Memory = new Map([
      [first, { issuer: 'ClusterIssuer/old', putBack: { at: now, revision: 1 }, revoked }],
      [second, { issuer: 'ClusterIssuer/old', putBack: { at: now, revision: 2 } }],
    ]);
    const moved = movedOn({
      certificate: limited(1),
      archive: archive({ history, memory }),
      secret: holding(version(3)),
    });
    assert.deepEqual(
      moved.memory,
      new Map<string, object>([
        [first, { revoked }],
        [fingerprintOf(version(3)), { issuer: 'ClusterIssuer/le' }],
      ]),
    );
  });

  test('a roll-back that never came to be is forgotten, so that it may be asked for again', () => {
    const memory: Memory = new Map([[fingerprintOf(version(2)), { putBack: { at: now, revision: 5 } }]]);
    const world = { certificate: limited(3), archive: archive({ history, memory }), secret: holding(version(3)) };
    assert.equal(movedOn(world).memory.get(fingerprintOf(version(2))), undefined);
    const reached = movedOn({ ...world, secret: { ...holding(version(3)), revision: 5 } });
    assert.deepEqual(reached.memory.get(fingerprintOf(version(2))), { putBack: { at: now, revision: 5 } });
  });
});

describe('status.history', () => {
  test('tells of each archived version, and which was revoked', () => {
    const memory: Memory = new Map([[fingerprintOf(version(2)), { revoked: { at: now, reason: 'superseded' } }]]);
    const seen = fresh({ archive: archive({ history: history.slice(0, 2), memory }) });
    const told = statusOf(seen, now, {}).history ?? [];
    assert.deepEqual(
      told.map(({ revision, fingerprint, revoked }) => [revision, fingerprint, revoked]),
      [
        [3, fingerprintOf(version(3)), undefined],
        [2, fingerprintOf(version(2)), true],
      ],
    );
    assert.ok(told.every(({ notBefore = '', notAfter }) => at(notBefore) < at(notAfter)));
  });

  test('stays as it was while the archive is not read', () => {
    const told = [{ revision: 1, fingerprint: 'aa', notAfter: '2026-07-01T00:00:00Z' }];
    const certificate = row({ status: { history: told } });
    assert.deepEqual(statusOf(fresh({ certificate, archive: undefined }), now, {}).history, told);
    assert.equal(statusOf(fresh({ certificate, archive: archive() }), now, {}).history, undefined);
  });
});
