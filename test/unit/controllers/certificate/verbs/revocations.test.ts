import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type AcmeClient, AcmeError, type RevocationRequest } from '../../../../../src/acme/index.ts';
import type { Doomed } from '../../../../../src/controllers/certificate/verbs/revocation.ts';
import { Revocations } from '../../../../../src/controllers/certificate/verbs/revocations.ts';
import { leafDer } from '../../../../../src/pki/index.ts';
import { TerminalError, TransientError } from '../../../../../src/runtime/index.ts';
import { virtualClock } from '../../../../kit/clock.ts';
import { selfSigned } from '../../../../kit/self-signed.ts';
import { row } from '../world.ts';

const certificate = row({ verbs: { revoke: 'ab' } });
const { signal } = new AbortController();
let doomed: Doomed;
before(async () => {
  const { certificate: chainPem, key: keyPem } = await selfSigned('shop.example');
  doomed = { fingerprint: 'ab', reason: 'superseded', chainPem, keyPem, issuerKey: 'ClusterIssuer/le' };
});

function refusal(type: string): AcmeError {
  return new AcmeError({ type, detail: 'no', status: 403 }, undefined);
}

/** Revocations at a CA that answers so, and what it was asked. */
function world(answer: (request: RevocationRequest) => void, isReady = true) {
  const clock = virtualClock();
  const asked: RevocationRequest[] = [];
  const client = {
    revoke: async (request: RevocationRequest) => {
      asked.push(request);
      answer(request);
      return 'revoked';
    },
  } as unknown as AcmeClient;
  const account = { client, thumbprint: '', profile: undefined } as never;
  const revocations = new Revocations({ clock, accountOf: async () => (isReady ? account : undefined) });
  return { clock, asked, revocations };
}

describe('a revocation', () => {
  test('is asked for in the name of the account', async () => {
    const { asked, revocations } = world(() => {});
    assert.equal(await revocations.revoke(certificate, doomed, signal), true);
    assert.deepEqual(asked, [{ certificateDer: leafDer(doomed.chainPem), reason: 'superseded' }]);
    assert.equal(revocations.unrevoked(certificate), undefined);
  });

  test('is asked for in the name of the certificate where the account may not', async () => {
    const { asked, revocations } = world(({ keyPem }) => {
      if (keyPem === undefined) throw refusal('unauthorized');
    });
    assert.equal(await revocations.revoke(certificate, doomed, signal), true);
    assert.deepEqual(
      asked.map(({ keyPem }) => keyPem),
      [undefined, doomed.keyPem],
    );
  });

  test('that the CA does not answer is tried again after a minute, two, four, and so on to six hours', async () => {
    const { clock, revocations } = world(() => {
      throw new TransientError('no answer');
    });
    const waits: number[] = [];
    for (let attempt = 0; attempt < 11; attempt += 1) {
      assert.equal(await revocations.revoke(certificate, doomed, signal), false);
      const { retryAt, refused } = revocations.unrevoked(certificate) ?? {};
      assert.equal(refused, false);
      waits.push(((retryAt?.getTime() ?? 0) - clock.now().getTime()) / 60_000);
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
  });

  test('waits no shorter than the CA asks', async () => {
    const { clock, revocations } = world(() => {
      throw new TransientError('busy', { retryAfterMs: 7_200_000 });
    });
    await revocations.revoke(certificate, doomed, signal);
    assert.equal((revocations.unrevoked(certificate)?.retryAt.getTime() ?? 0) - clock.now().getTime(), 7_200_000);
  });

  const refusals: readonly (readonly [name: string, error: Error, sentence: RegExp])[] = [
    ['for its reason', refusal('badRevocationReason'), /badRevocationReason/],
    ['both to the account and to the certificate', refusal('unauthorized'), /unauthorized/],
    ['because it has no way to revoke', new TerminalError('the CA has no way to revoke certificates'), /no way/],
  ];
  for (const [name, error, sentence] of refusals) {
    test(`that the CA refuses ${name} is told as refused`, async () => {
      const { revocations } = world(() => {
        throw error;
      });
      assert.equal(await revocations.revoke(certificate, doomed, signal), false);
      assert.equal(revocations.unrevoked(certificate)?.refused, true);
      assert.match(revocations.unrevoked(certificate)?.why ?? '', sentence);
    });
  }

  test('waits for an issuer that is not ready, and looks at it every minute', async () => {
    const { clock, asked, revocations } = world(() => {}, false);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      assert.equal(await revocations.revoke(certificate, doomed, signal), false);
    }
    const { why = '', retryAt } = revocations.unrevoked(certificate) ?? {};
    assert.match(why, /ClusterIssuer le, which it came from, is not ready/);
    assert.equal((retryAt?.getTime() ?? 0) - clock.now().getTime(), 60_000);
    assert.equal(asked.length, 0);
  });

  test('is remembered for its annotation alone: another is asked for at once', async () => {
    const { revocations } = world(() => {
      throw refusal('badRevocationReason');
    });
    await revocations.revoke(certificate, doomed, signal);
    assert.equal(revocations.unrevoked(row({ verbs: { revoke: 'ab=superseded' } })), undefined);
  });

  test('lets defects through', async () => {
    const { revocations } = world(() => {
      throw new Error('a defect');
    });
    await assert.rejects(revocations.revoke(certificate, doomed, signal), /a defect/);
  });
});
