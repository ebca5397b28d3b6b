import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CertificateStatus } from '../../../../../src/api/index.ts';
import { plan } from '../../../../../src/controllers/certificate/plan.ts';
import { assess } from '../../../../../src/controllers/certificate/policies.ts';
import {
  askedAbout,
  recordedSuggestion,
  suggestionRecord,
} from '../../../../../src/controllers/certificate/renewal/suggestions.ts';
import { statusOf } from '../../../../../src/controllers/certificate/status.ts';
import { at, fresh, issued, now, row, secret } from '../world.ts';

const suggested = { start: at('2026-06-28T00:00:00Z'), end: at('2026-07-01T00:00:00Z'), immediate: false };
const disabled = row({ spec: { ...row().spec, renewal: { policy: 'Disabled' } } });

describe('the CA is asked when to renew', () => {
  test('a certificate in use', () => {
    assert.equal(askedAbout(fresh({ secret: secret() }), now)?.fingerprint, 'aa11');
  });

  const others = {
    'one that has expired': fresh({ secret: secret({ issued: issued({ notAfter: now }) }) }),
    'one that is never renewed by itself': fresh({ certificate: disabled, secret: secret() }),
    'one in a Secret of an older Certificate': fresh({ rival: 'web/older', secret: secret() }),
    'one in a Secret that is not ours': fresh({
      secret: { kind: 'foreign', why: 'It is foreign.', reason: 'SecretNotOwned' },
    }),
    'one that is not there': fresh(),
  };
  for (const [what, seen] of Object.entries(others)) {
    test(`not ${what}`, () => assert.equal(askedAbout(seen, now), undefined));
  }
});

describe('the status', () => {
  test('remembers what the CA suggests, and the time that follows from it', () => {
    const word = { ...suggested, explanationURL: 'https://ca.example/why' };
    const status = statusOf(fresh({ secret: secret(), suggested: word }), now, {});
    assert.deepEqual(status.renewal, {
      window: { start: '2026-06-28T00:00:00Z', end: '2026-07-01T00:00:00Z' },
      explanationURL: 'https://ca.example/why',
    });
    const renewed = at(status.renewalTime ?? '');
    assert.ok(renewed >= suggested.start && renewed < suggested.end);
    assert.deepEqual(recordedSuggestion(status, 'aa11'), word);
  });

  test('remembers it of one certificate alone, and forgets it where the renewal is disabled', () => {
    const status: CertificateStatus = { fingerprint: 'aa11', renewal: suggestionRecord(suggested) };
    assert.equal(recordedSuggestion(status, 'bb22'), undefined);
    const seen = fresh({ certificate: disabled, secret: secret(), suggested });
    assert.equal(statusOf(seen, now, {}).renewal, undefined);
  });

  test('in which somebody wrote a window that is none tells of none', () => {
    const window = { start: '2026-07-01T00:00:00Z', end: '2026-06-01T00:00:00Z' };
    assert.equal(recordedSuggestion({ fingerprint: 'aa11', renewal: { window } }, 'aa11'), undefined);
    assert.equal(recordedSuggestion({ fingerprint: 'aa11', renewal: {} }, 'aa11'), undefined);
  });
});

describe('a renewal for which the CA asks', () => {
  test('says so, and shows its page', () => {
    const word = {
      start: at('2026-05-30T00:00:00Z'),
      end: at('2026-05-31T00:00:00Z'),
      immediate: true,
      explanationURL: 'https://ca.example/incident',
    };
    const next = plan(fresh({ secret: secret(), suggested: word }), now);
    assert.equal(next.step, 'storeIntent');
    const need = assess(fresh({ secret: secret(), suggested: word }), now);
    assert.deepEqual(need, {
      due: true,
      cause: 'RenewalDue',
      why: 'the CA asks for its renewal at once (https://ca.example/incident)',
    });
  });
});
