import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { annotations } from '../../../../../src/api/index.ts';
import type { Observed, OwnSecret } from '../../../../../src/controllers/certificate/observed.ts';
import { refusal } from '../../../../../src/controllers/certificate/order/store-certificate.ts';
import { plan } from '../../../../../src/controllers/certificate/plan.ts';
import { movedOn } from '../../../../../src/controllers/certificate/secret/archive.ts';
import { type Secret, secretWith } from '../../../../../src/controllers/certificate/secret/secret.ts';
import { secretSeen } from '../../../../../src/controllers/certificate/secret/secret-seen.ts';
import { statusOf } from '../../../../../src/controllers/certificate/status.ts';
import { temporaryVersion } from '../../../../../src/controllers/certificate/verbs/temporary.ts';
import type { CertificateRow } from '../../../../../src/controllers/certificate-row.ts';
import { secretSource } from '../../../../../src/controllers/reload/rows.ts';
import { selfSigned } from '../../../../kit/self-signed.ts';
import { archive, fresh, reach, row, secret } from '../world.ts';

const verbs: CertificateRow['verbs'] = { temporary: 'true' };
const asks = row({ verbs });
const now = new Date();
let made: Secret;
before(async () => {
  const version = await temporaryVersion({ certificate: asks, secret: { kind: 'absent' } }, now);
  made = secretWith(asks, { kind: 'absent' }, version);
});

/** What a pass sees of the Secret that holds a temporary certificate. */
function held(): OwnSecret {
  const seen = secretSeen(asks, { ...made, metadata: { ...made.metadata, uid: 'u', resourceVersion: '5' } });
  assert.ok(seen.kind === 'ours');
  return seen;
}

const failing = reach({ state: 'failed', problems: [{ host: 'shop.example', problem: 'no answer' }], since: now });

describe('a temporary certificate', () => {
  test('is stored before anything else, where there is no Secret and nobody has issued yet', () => {
    const worlds: readonly Partial<Observed>[] = [
      {},
      { reach: failing },
      { issuer: { state: 'missing' } },
      { secret: secret({ chainPem: '', keyPem: '', issued: undefined, problem: 'tls.crt is empty' }) },
    ];
    for (const world of worlds) assert.equal(plan(fresh({ certificate: asks, ...world }), now).step, 'storeTemporary');
  });

  const refusals: readonly (readonly [name: string, world: () => Partial<Observed>])[] = [
    ['where nobody asks for it', () => ({ certificate: row() })],
    ['over a certificate', () => ({ secret: secret() })],
    [
      'over a pair that cannot be used',
      () => ({ secret: secret({ issued: undefined, problem: 'its key is not it' }) }),
    ],
    [
      'over a Secret of others',
      () => ({ secret: { kind: 'foreign', why: 'It is theirs.', reason: 'SecretNotOwned' } }),
    ],
    ['twice', () => ({ secret: held() })],
    [
      'where one was issued before, though its Secret is gone',
      () => ({ certificate: row({ verbs, status: { revision: 3 } }) }),
    ],
  ];
  for (const [name, world] of refusals) {
    test(`is not stored ${name}`, () => {
      assert.notEqual(plan(fresh({ certificate: asks, ...world() }), now).step, 'storeTemporary');
    });
  }

  test('is for the names, with a key of the kind that is asked for, and known by its issuer', async () => {
    assert.equal(held().isTemporary, true);
    assert.deepEqual(held().keySpec, { algorithm: 'ECDSA', size: 256 });
    const spec = { ...row().spec, privateKey: { algorithm: 'ECDSA', size: 384 } } as const;
    const version = await temporaryVersion({ certificate: row({ spec }), secret: { kind: 'absent' } }, now);
    const other = secretSeen(row({ spec }), secretWith(row({ spec }), { kind: 'absent' }, version));
    assert.deepEqual(other.kind === 'ours' ? other.keySpec : undefined, { algorithm: 'ECDSA', size: 384 });
  });

  test('does not make the Certificate ready, is told of by a reason, and stands in no other field of the status', () => {
    const seen = fresh({ certificate: asks, secret: held(), reach: failing });
    const status = statusOf(seen, now, { blocker: { reason: 'NotReachable', message: 'No answer.' } });
    const reasons = Object.fromEntries((status.conditions ?? []).map(({ type, reason }) => [type, reason]));
    assert.deepEqual([reasons['Ready'], reasons['Issuing']], ['TemporaryCertificate', 'NotReachable']);
    assert.equal(status.conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
    assert.deepEqual([status.fingerprint, status.notAfter, status.revision], [undefined, undefined, undefined]);
  });

  test('is replaced by the first one, from whatever CA, and moves into no archive', async () => {
    const next = plan(fresh({ certificate: asks, secret: held() }), now);
    assert.ok(next.step === 'storeIntent');
    assert.equal(next.intent.revision, 1);
    const first = await selfSigned('shop.example');
    const offered = { pem: first.certificate, nextKeyPem: first.key, cause: 'TemporaryCertificate' } as const;
    assert.equal(
      refusal({ ...offered, names: asks.names, seen: { certificate: row(), secret: held() } }, now),
      undefined,
    );
    assert.deepEqual(movedOn({ certificate: asks, archive: archive(), secret: held() }).history, []);
  });

  test('is left as it is by what puts Secrets right, and makes nobody reload', () => {
    assert.deepEqual(held().deviations, []);
    assert.equal(made.metadata.annotations?.[annotations.temporary], 'true');
    assert.equal(secretSource.project(made, 'web/shop-tls').leaf, undefined);
  });
});
