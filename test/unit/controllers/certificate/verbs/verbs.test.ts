import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  namedByVerbs,
  revocationAsked,
  rollbackAsked,
  temporaryAsked,
  unreadVerbs,
} from '../../../../../src/controllers/certificate/verbs/verbs.ts';
import { projectCertificate } from '../../../../../src/controllers/certificate-row.ts';

const fingerprint = 'd64be91acb800bc64ccd03d9149f3665471db1d42aa95e4e63e43b39a0428293';
const spelled = (fingerprint.match(/../g) ?? []).join(':').toUpperCase();

/** A Certificate with this annotation. */
function annotated(annotation: string, value: string) {
  return projectCertificate({
    apiVersion: 'evercert.dev/v1',
    kind: 'Certificate',
    metadata: { namespace: 'web', name: 'shop', annotations: { [`evercert.dev/${annotation}`]: value } },
    spec: { secretName: 'shop-tls', dnsNames: ['shop.example'], issuerRef: { name: 'ca' } },
  } as Parameters<typeof projectCertificate>[0]);
}

describe('verbs are read from annotations', () => {
  test('a fingerprint is read in any case, with or without colons', () => {
    for (const value of [fingerprint, spelled, ` ${fingerprint} `]) {
      assert.equal(rollbackAsked(annotated('rollback', value))?.fingerprint, fingerprint);
      assert.equal(revocationAsked(annotated('revoke', value))?.fingerprint, fingerprint);
    }
  });

  test('a roll-back may name the time since which it has to have been done', () => {
    const asked = rollbackAsked(annotated('rollback', `${spelled}@2026-06-01T12:00:00Z`));
    assert.deepEqual(asked, { fingerprint, at: new Date('2026-06-01T12:00:00Z') });
  });

  test('a revocation may give a reason, in any case', () => {
    assert.equal(revocationAsked(annotated('revoke', fingerprint))?.reason, 'unspecified');
    assert.equal(revocationAsked(annotated('revoke', `${fingerprint}=keycompromise`))?.reason, 'keyCompromise');
    assert.equal(revocationAsked(annotated('revoke', `${spelled}=superseded`))?.reason, 'superseded');
  });

  test('a temporary certificate is asked for by true alone', () => {
    assert.equal(temporaryAsked(annotated('issue-temporary-certificate', 'true')), true);
    assert.equal(temporaryAsked(annotated('issue-temporary-certificate', 'false')), false);
  });

  test('what is well written leaves nothing to say', () => {
    const rows = [
      annotated('renew', '2026-06-01T12:00:00Z'),
      annotated('rollback', fingerprint),
      annotated('revoke', `${fingerprint}=superseded`),
      annotated('issue-temporary-certificate', 'false'),
      annotated('note', 'x'),
    ];
    assert.deepEqual(rows.flatMap(unreadVerbs), []);
  });

  const broken: readonly (readonly [annotation: string, value: string])[] = [
    ['renew', 'now'],
    ['rollback', ''],
    ['rollback', 'the last one'],
    ['rollback', fingerprint.slice(2)],
    ['rollback', `${fingerprint}@yesterday`],
    ['rollback', `${fingerprint}@2026-06-01T12:00:00Z@2026-06-01T12:00:00Z`],
    ['revoke', `${fingerprint}=because`],
    ['revoke', `${fingerprint}=superseded=superseded`],
    ['revoke', 'superseded'],
    ['issue-temporary-certificate', 'yes'],
  ];
  for (const [annotation, value] of broken) {
    test(`${annotation} "${value}" does nothing, and the sentence names the annotation and shows how it is written`, () => {
      const row = annotated(annotation, value);
      assert.deepEqual(namedByVerbs(row), []);
      assert.equal(unreadVerbs(row).length, 1);
      assert.match(unreadVerbs(row)[0] ?? '', new RegExp(`evercert\\.dev/${annotation} cannot be read.*: write `));
    });
  }
});
