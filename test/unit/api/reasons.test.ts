import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { explained, reasons } from '../../../src/api/index.ts';

const page = readFileSync(new URL('../../../docs/troubleshooting.md', import.meta.url), 'utf8');

function inOrder(a = '', b = ''): number {
  return a < b ? -1 : Number(a > b);
}

describe('reasons', () => {
  it('each have exactly one entry in docs/troubleshooting.md, and the page has no other', () => {
    const entries = [...page.matchAll(/^### (.*)$/gm)].map(([, reason]) => reason);
    assert.deepEqual(entries.sort(inOrder), [...reasons].sort(inOrder));
  });

  it('each have an entry that says something', () => {
    for (const reason of reasons) {
      const body = page.split(`\n### ${reason}\n`)[1]?.split(/^#/m)[0] ?? '';
      assert.match(body.trim(), /^[A-Z`].{30,}/s, reason);
    }
  });

  it('stand in alphabetical order, once each', () => {
    assert.deepEqual(reasons, [...new Set(reasons)].sort(inOrder));
  });

  it('are words that a condition can have as its reason', () => {
    for (const reason of reasons) assert.match(reason, /^[A-Z][A-Za-z]+$/);
  });

  it('are linked from a message, once', () => {
    const message = explained('NotReachable', 'www.example.com answers 404.');
    assert.equal(message, 'www.example.com answers 404. (see https://evercert.dev/docs/troubleshooting#notreachable)');
    assert.equal(explained('NotReachable', message), message);
  });

  it('are linked even where the message has the link of another reason', () => {
    const message = explained('IssuerNotReady', explained('TermsNotAgreed', 'Not yet.'));
    assert.match(message, /#termsnotagreed\) \(see .*#issuernotready\)$/);
  });
});
