import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Packed, pack } from '../../../src/controllers/packed.ts';

/** The value as it is made anew: others were read in between. */
function read(packed: Packed<unknown>): unknown {
  for (let index = 0; index < 8; index += 1) pack(index, []);
  return packed.value;
}

describe('a packed value', () => {
  test('is the same when it is unpacked, whatever it holds and whatever was told of it', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'shop',
        '$&',
        'shop-tls',
        '2026-11-26T10:00:00Z',
        '2026-11-26',
        '5ec2e700-0000-4000-8000-000000000001',
        '\n',
      ),
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(texts), fc.array(texts, { maxLength: 6 }), (value, words, own) => {
        const whole = { value, words, text: words.join(' ') };
        const kept = JSON.parse(JSON.stringify(whole)) as unknown; // -0 is 0 in JSON
        assert.deepEqual(read(pack(whole, own)), kept);
      }),
    );
  });

  test('is the same although others of many kinds came after it', () => {
    const first = { name: 'shop', time: '2026-11-26T10:00:00Z' };
    const packed = pack(first, ['shop']);
    for (let index = 0; index < 2_500; index += 1) pack({ [`field${index}`]: 'x' }, []);
    assert.deepEqual(read(packed), first);
  });
});
