import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Authorization, Problem } from '../../../../../src/acme/index.ts';
import { refusalsIn, refusalsOf } from '../../../../../src/controllers/certificate/order/refusals.ts';

const names = ['a.example', 'b.example', 'example', '2001:db8::1'];
const about = (value: string, detail: string): Problem => ({
  type: 'caa',
  detail,
  identifier: { type: value.includes(':') ? 'ip' : 'dns', value },
});

describe('which names a problem is about', () => {
  const cases: readonly (readonly [what: string, problem: Problem, found: readonly string[]])[] = [
    [
      'those of its subproblems',
      { type: 'compound', detail: 'two', subproblems: [about('A.example.', 'x'), about('2001:DB8:0::1', 'y')] },
      ['a.example', '2001:db8::1'],
    ],
    ['that of its own identifier', about('b.example', 'no'), ['b.example']],
    ['none that was not ordered', about('victim.example', 'no'), []],
    [
      "the first that its sentence names, as Let's Encrypt does",
      {
        type: 'rejectedIdentifier',
        detail: 'Error creating new order :: Cannot issue for "b.example": it is forbidden by policy',
      },
      ['b.example'],
    ],
    [
      'the name and not its parent, as CAA records are looked for',
      { type: 'caa', detail: 'While processing CAA for a.example: CAA record for example prevents issuance' },
      ['a.example'],
    ],
    ['none where the account is the problem', { type: 'unauthorized', detail: 'the account is not valid' }, []],
    ['none where the request is the problem', { type: 'malformed', detail: 'cannot read a.example' }, []],
    [
      'none where the CA is',
      { type: 'rateLimited', detail: 'too many certificates already issued for "a.example"' },
      [],
    ],
    [
      "all that the sentence names, where they are paused, but none of the page's address",
      {
        type: 'rateLimited',
        detail:
          'Your account is temporarily prevented from requesting certificates for b.example, a.example and possibly others. Please visit: https://example/unpause?jwt=1',
      },
      ['b.example', 'a.example'],
    ],
    [
      'none where a person has to do something for the account',
      { type: 'userActionRequired', detail: 'new terms for a.example', instance: 'https://ca.test/terms' },
      [],
    ],
    ['none of which another name is but a part', { type: 'dns', detail: 'no such host: www.a.example' }, []],
  ];
  for (const [what, problem, found] of cases) {
    test(what, () =>
      assert.deepEqual(
        refusalsIn({ problem }, names).map(({ name }) => name),
        found,
      ),
    );
  }

  const prove = about('a.example', 'prove it');
  const seenTo: readonly (readonly [what: string, problem: Problem, found: readonly object[]])[] = [
    [
      'with the page that the problem has for all of them',
      { type: 'rateLimited', detail: 'paused', instance: 'https://ca.test/unpause', subproblems: [prove] },
      [
        {
          name: 'a.example',
          reason: 'Paused',
          problem: 'prove it (caa); a person has to visit https://ca.test/unpause',
        },
      ],
    ],
    [
      'with a page of its own, beside names that are refused',
      {
        type: 'compound',
        detail: 'two',
        subproblems: [
          { ...prove, type: 'userActionRequired', instance: 'https://ca.test/a' },
          about('b.example', 'no'),
        ],
      },
      [
        {
          name: 'a.example',
          reason: 'UserActionRequired',
          problem: 'prove it (userActionRequired); a person has to visit https://ca.test/a',
        },
        { name: 'b.example', problem: 'no (caa)' },
      ],
    ],
    [
      'without a page where the CA gives none',
      { ...prove, type: 'userActionRequired' },
      [
        {
          name: 'a.example',
          reason: 'UserActionRequired',
          problem: 'prove it (userActionRequired); a person has to visit the page of the CA',
        },
      ],
    ],
  ];
  for (const [what, problem, found] of seenTo) {
    test(`a name that a person has to see to is told ${what}`, () => {
      assert.deepEqual(refusalsIn({ problem }, names), found);
    });
  }

  test('a limit that ends by itself is about none, whatever page explains it', () => {
    const problem: Problem = { type: 'rateLimited', detail: 'too many for a.example: see https://ca.test/limits' };
    assert.deepEqual(refusalsIn({ problem, retryAfterMs: 1_000 }, names), []);
  });

  test("the CA's words on a name are on one line and of bounded length", () => {
    const [found] = refusalsIn({ problem: about('a.example', `no\n${'x'.repeat(5_000)}`) }, names);
    assert.match(found?.problem ?? '', /^no x+…$/);
    assert.equal(found?.problem.length, 256);
  });
});

describe('which names failed, by their authorizations', () => {
  const authorization = (value: string, status: Authorization['status'], error?: Problem): Authorization => ({
    url: `https://ca.test/${value}`,
    status,
    identifier: { type: 'dns', value },
    challenges: [
      { type: 'http-01', url: 'c', status: 'pending', token: 't', ...(error === undefined ? {} : { error }) },
    ],
  });

  test('those whose challenge has an error, and those that can no longer be proven', () => {
    const found = refusalsOf([
      authorization('a.example', 'invalid', { type: 'dns', detail: 'NXDOMAIN' }),
      authorization('b.example', 'valid'),
      authorization('c.example', 'pending'),
      authorization('D.example', 'expired'),
    ]);
    assert.deepEqual(found, [
      { name: 'a.example', problem: 'NXDOMAIN (dns)' },
      { name: 'd.example', problem: 'its authorization is expired' },
    ]);
  });
});
