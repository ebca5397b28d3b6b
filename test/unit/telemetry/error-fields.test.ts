import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { TransientError } from '../../../src/runtime/index.ts';
import { errorFields } from '../../../src/telemetry/error-fields.ts';

const canary = 'canary-7f3a';
const plain = { stack: false };

describe('error in a log line', () => {
  test('has name, message, code and causes', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:443'), { code: 'ECONNREFUSED' });
    const error = new TransientError('the CA did not answer', { cause: refused });
    assert.deepEqual(errorFields(error, plain), {
      name: 'TransientError',
      message: 'the CA did not answer',
      cause: { name: 'Error', message: 'connect ECONNREFUSED 192.0.2.1:443', code: 'ECONNREFUSED' },
    });
  });

  test('has each address that failed of an AggregateError', () => {
    const error = new AggregateError([new Error('v6'), new Error('v4')], '');
    assert.deepEqual(errorFields(error, plain).errors, [
      { name: 'Error', message: 'v6' },
      { name: 'Error', message: 'v4' },
    ]);
  });

  test('has the frames of its stack where asked for, without the message again', () => {
    const fields = errorFields(new Error(`line one\n${canary}`), { stack: true });
    assert.match(fields.stack ?? '', /^ {4}at .*error-fields\.test\.ts/);
    assert.ok(!fields.stack?.includes(canary));
    assert.ok(!('stack' in errorFields(new Error('no'), plain)));
  });

  test('has nothing of what HTTP clients hang onto their errors', () => {
    const carried = { body: canary, headers: { authorization: canary }, config: { data: canary }, request: canary };
    const error = Object.assign(new Error('Request failed'), carried, {
      response: { data: canary },
      toJSON: () => canary,
    });
    assert.deepEqual(errorFields(error, plain), { name: 'Error', message: 'Request failed' });
  });

  test('has nothing of the body that client-node writes into the message of its ApiException', () => {
    const error = new Error(`HTTP-Code: 409\nMessage: Conflict\nBody: "{\\"data\\":\\"${canary}\\"}"\nHeaders: {}`);
    assert.equal(errorFields(error, plain).message, 'HTTP-Code: 409\nMessage: Conflict');
  });

  test('does not look into objects that are no errors', () => {
    assert.deepEqual(errorFields({ token: canary }, plain), { name: 'object', message: 'an object that is no Error' });
    assert.deepEqual(errorFields('just words', plain), { name: 'string', message: 'just words' });
  });

  test('ends a chain of causes that bites its own tail', () => {
    const error = new Error('round');
    error.cause = error;
    assert.equal(JSON.stringify(errorFields(error, plain)).match(/round/g)?.length, 6);
  });

  test('is readable even where its getters throw', () => {
    const error = Object.defineProperty(new Error('x'), 'code', {
      get() {
        throw new Error('no');
      },
    });
    assert.deepEqual(errorFields(error, plain), { name: 'Error', message: 'an error that could not be read' });
  });

  test('never throws and is always JSON, whatever is thrown', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withSparseArray: true, withNullPrototype: true }), (thrown) => {
        JSON.stringify(errorFields(thrown, { stack: true }));
        JSON.stringify(errorFields(new Error('outer', { cause: thrown }), { stack: true }));
      }),
    );
  });
});
