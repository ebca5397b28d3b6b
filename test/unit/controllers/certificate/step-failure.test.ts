import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError, type Problem } from '../../../../src/acme/index.ts';
import { asked, StepFailure, stored } from '../../../../src/controllers/certificate/step-failure.ts';
import { ConflictError, TerminalError, TransientError } from '../../../../src/runtime/index.ts';

async function failureOf(going: Promise<unknown>): Promise<StepFailure> {
  const error: unknown = await going.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StepFailure, String(error));
  return error;
}

const refused = (problem: Problem, retryAfterMs?: number) =>
  failureOf(asked('take an order', () => Promise.reject(new AcmeError(problem, retryAfterMs))));

describe('what a CA says no to', () => {
  const kinds = [
    ['rateLimited', 'RateLimited', true],
    ['serverInternal', 'CAUnavailable', true],
    ['badNonce', 'CAUnavailable', true],
    ['userActionRequired', 'UserActionRequired', true],
    ['badCSR', 'KeyRefused', false],
    ['rejectedIdentifier', 'OrderFailed', false],
    ['https://ca.test/own-error', 'OrderFailed', false],
  ] as const;
  for (const [type, reason, orderLives] of kinds) {
    test(`${type} is ${reason}, and the order ${orderLives ? 'lives' : 'does not'}`, async () => {
      const failure = await refused({ type, detail: 'no' }, 7);
      assert.deepEqual([failure.reason, failure.orderLives, failure.retryAfterMs], [reason, orderLives, 7]);
    });
  }

  test('its own words on each name are kept, and where it wants a person to go', async () => {
    const { message } = await refused({
      type: 'userActionRequired',
      detail: 'Terms have changed',
      instance: 'https://ca.test/terms',
      subproblems: [
        { type: 'rejectedIdentifier', detail: 'not this one', identifier: { type: 'dns', value: 'a.example' } },
        { type: 'malformed', detail: 'nor that' },
      ],
    });
    assert.equal(
      message,
      'The CA refused to take an order: Terms have changed (userActionRequired): a.example: not this one; a name: nor that. A person has to visit https://ca.test/terms; the annotation evercert.dev/renew then tries at once. Until then it is tried once a day',
    );
  });

  test('a rate limit that names no end, and a page, is a pause that a person has to end there', async () => {
    const page = 'https://portal.ca.test/unpause?jwt=1';
    const told = [
      { type: 'rateLimited', detail: `Please visit: ${page}` },
      { type: 'rateLimited', detail: 'too many', help: page },
    ];
    for (const problem of told) {
      const failure = await refused(problem);
      assert.deepEqual([failure.reason, failure.orderLives], ['Paused', true]);
      assert.match(failure.message, /A person has to visit https:\/\/portal\.ca\.test\/unpause\?jwt=1;/);
    }
  });

  test('a rate limit that ends by itself is none, whatever page explains it', async () => {
    const explained = { type: 'rateLimited', detail: 'too many: see https://ca.test/limits', help: 'https://ca.test' };
    assert.equal((await refused(explained, 1_000)).reason, 'RateLimited');
    assert.equal((await refused({ type: 'rateLimited', detail: 'too many' })).reason, 'RateLimited');
  });

  test('a wait beyond what is believed is said to be cut short', async () => {
    const { message } = await refused({ type: 'rateLimited', detail: 'too many' }, 7 * 86_400_000);
    assert.match(message, /wants to be left alone for 7 days or more; it is asked again after 7$/);
  });

  test('no answer is not a refusal: the order lives, and the wait that was asked for is kept', async () => {
    const error = new TransientError('it did not answer', { retryAfterMs: 5 });
    const failure = await failureOf(asked('finalize the order', () => Promise.reject(error)));
    assert.equal(failure.message, 'The CA cannot be asked to finalize the order: it did not answer');
    assert.deepEqual([failure.reason, failure.orderLives, failure.retryAfterMs], ['CAUnavailable', true, 5]);
  });

  test('a defect stays a defect', async () => {
    await assert.rejects(
      asked('x', () => Promise.reject(new TypeError('a bug'))),
      TypeError,
    );
  });
});

describe('a Secret that is stored', () => {
  test('and refused for good is a failure that names it; the order lives', async () => {
    const failure = await failureOf(
      stored('shop-tls', () => Promise.reject(new TerminalError('labels: invalid (422)'))),
    );
    assert.equal(failure.message, 'The API server refuses the Secret shop-tls: labels: invalid (422)');
    assert.deepEqual([failure.reason, failure.orderLives], ['SecretRefused', true]);
  });

  for (const error of [new ConflictError('stale'), new TransientError('busy')]) {
    test(`and not for good (${error.name}) is tried again as any write`, async () => {
      await assert.rejects(
        stored('shop-tls', () => Promise.reject(error)),
        error,
      );
    });
  }
});
