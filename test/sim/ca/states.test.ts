import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type AcmeClient, AcmeError, type Order } from '../../../src/acme/index.ts';
import { createCsr, jwkThumbprint, readChain } from '../../../src/pki/index.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { dns, newKey } from '../../conformance/acme/customer.ts';
import { letsEncrypt, pebble, strict } from './index.ts';
import { type SimulatedCaUnderTest, simulatedCa } from './under-test.ts';

const hour = 3_600_000;
const day = 24 * hour;
const names = ['a.example', 'b.example', 'c.example'];
/** What a state may be followed by (RFC 8555 section 7.1.6); the first is followed by what an order may begin as. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  new: ['pending', 'ready'],
  pending: ['ready', 'invalid'],
  ready: ['processing', 'invalid'],
  processing: ['valid', 'invalid'],
  valid: [],
  invalid: [],
};

/** One thing that a client, its web server or time does, to the order that `pick` counts to from the last. */
type Move =
  | { readonly does: 'place'; readonly names: readonly string[]; readonly replaces: boolean }
  | { readonly does: 'answer'; readonly pick: number; readonly isServed: boolean }
  | { readonly does: 'finalize' | 'deactivate' | 'download'; readonly pick: number }
  | { readonly does: 'wait'; readonly ms: number };

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  {
    arbitrary: fc.record({
      does: fc.constant('place' as const),
      names: fc.subarray(names, { minLength: 1 }),
      replaces: fc.boolean(),
    }),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      does: fc.constant('answer' as const),
      pick: fc.nat(2),
      isServed: fc.constantFrom(true, true, true, false),
    }),
    weight: 6,
  },
  { arbitrary: fc.record({ does: fc.constantFrom('finalize', 'download'), pick: fc.nat(2) }), weight: 8 },
  { arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 299, 300, 301) }), weight: 6 },
  { arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(hour, day) }), weight: 1 },
  { arbitrary: fc.record({ does: fc.constant('deactivate' as const), pick: fc.nat(2) }), weight: 1 },
);

/** Goes through a list of moves; whatever the CA says no to is done with. */
async function play(world: SimulatedCaUnderTest, moves: readonly Move[], leafKey: string): Promise<void> {
  const keyPem = await newKey();
  const client = world.clientOf(keyPem);
  await client.createAccount({ contact: [], termsOfServiceAgreed: true });
  const placed: Order[] = [];
  for (const move of moves) {
    try {
      await step({ world, client, keyPem, leafKey, placed }, move);
    } catch (error) {
      if (!(error instanceof AcmeError) && !(error instanceof TransientError)) throw error;
    }
  }
}

interface Playing {
  readonly world: SimulatedCaUnderTest;
  readonly client: AcmeClient;
  readonly keyPem: string;
  readonly leafKey: string;
  readonly placed: Order[];
}

async function step({ world, client, keyPem, leafKey, placed }: Playing, move: Move): Promise<void> {
  if (move.does === 'wait') return world.clock.advance(move.ms);
  if (move.does === 'place') {
    const certID = move.replaces ? world.ca.certificates.at(-1)?.certID : undefined;
    const request = { identifiers: move.names.map(dns), ...(certID === undefined ? {} : { replaces: certID }) };
    placed.push(await client.newOrder(request));
    return;
  }
  const order = placed.at(-1 - move.pick); // counted from the last: an old one has seen all there is to see
  if (order === undefined) return;
  if (move.does === 'finalize') {
    const csr = await createCsr({ names: order.identifiers.map(({ value }) => value), keyPem: leafKey });
    await client.finalize(order, csr);
    return;
  }
  if (move.does === 'download') {
    const { certificate = '' } = await client.order(order.url);
    await client.certificate(certificate);
    return;
  }
  for (const url of order.authorizations) {
    if (move.does === 'deactivate') world.ca.setAuthorization(url, 'deactivated');
    const { challenges } = await client.authorization(url);
    const challenge = challenges.find(({ type }) => type === 'http-01'); // none is shown of what came to nothing
    if (challenge === undefined || move.does !== 'answer') continue;
    const { token } = challenge;
    if (move.isServed) world.serve(token, { body: `${token}.${jwkThumbprint(keyPem)}` });
    await client.answer(challenge.url);
  }
}

function check({ ca, clock }: SimulatedCaUnderTest): void {
  for (const order of ca.orders) {
    const states = ['new', ...order.history.map(({ status }) => status)];
    for (const [at, state] of states.slice(1).entries()) {
      assert.ok(arrows[states[at] ?? '']?.includes(state), states.join(' -> '));
    }
    assert.equal(ca.statusOf(order) === 'valid', order.certificate !== undefined);
    for (const chain of order.certificate?.chains ?? []) {
      assert.deepEqual(
        readChain(chain).leaf.names,
        order.identifiers.map(({ value }) => value),
      );
    }
  }
  assert.equal(ca.certificates.length, ca.finalized.length);
  assert.equal(clock.pending, 0);
}

describe('whatever is done to it, the simulated CA', () => {
  for (const [name, options] of Object.entries({ letsEncrypt, strict, pebble })) {
    test(`as ${name} moves each order along the arrows of RFC 8555, and issues each valid one what it is for`, async () => {
      const leafKey = await newKey();
      let issued = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(anyMove, { minLength: 20, maxLength: 80, size: 'max' }), async (moves) => {
          const world = simulatedCa(options);
          await play(world, moves, leafKey);
          await world.clock.advance(1_000);
          check(world);
          issued += world.ca.certificates.length;
        }),
        { numRuns: 50 },
      );
      assert.ok(issued > 0, 'moves that never lead to a certificate show nothing');
    });
  }
});
