import { setTimeout as pause } from 'node:timers/promises';
import {
  type AcmeClient,
  AcmeError,
  type Authorization,
  type Identifier,
  type Order,
  type OrderStatus,
} from '../../../src/acme/index.ts';
import { createCsr, generateKey, readChain } from '../../../src/pki/index.ts';

/** The certificate that was issued. */
export type Leaf = ReturnType<typeof readChain>['leaf'];

const firstPollMs = 250;
const lastPollMs = 10_000;

interface Wanted {
  readonly host: string;
  /** The certID of the certificate that is renewed (RFC 9773 section 5). */
  readonly replaces?: string;
  /** Told of the challenge's token before the CA is told to look. */
  readonly present: (token: string) => void;
}

/**
 * One issuance in one straight script: the protocol steps that the operator takes (RFC 8555 section 7.4), with its polling,
 * and nothing else. Gives the leaf of the chain, whose key and name have been checked.
 */
export async function issue(client: AcmeClient, { host, replaces, present }: Wanted): Promise<Leaf> {
  const identifiers = [{ type: 'dns', value: host }] as const;
  const placed = await newOrder(client, identifiers, replaces);
  const authorizations = await Promise.all(placed.authorizations.map((url) => client.authorization(url)));
  const challenges = authorizations.flatMap(unanswered);
  for (const { token } of challenges) present(token);
  await Promise.all(challenges.map(({ url }) => client.answer(url)));
  const ready = placed.status === 'ready' ? placed : await polled(client, placed, 'ready');
  const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
  const finalized = await client.finalize(ready, await createCsr({ names: [host], keyPem }));
  const { certificate } = finalized.status === 'valid' ? finalized : await polled(client, finalized, 'valid');
  const { leaf } = readChain((await client.certificate(certificate ?? '')).chain);
  if (!leaf.hasKey(keyPem) || leaf.names.join() !== host) throw new Error(`the certificate for ${host} is another one`);
  return leaf;
}

/** A predecessor that the CA does not accept is left out, as the operator does: Pebble loses one in 256 by its serial number. */
async function newOrder(client: AcmeClient, identifiers: readonly Identifier[], replaces?: string): Promise<Order> {
  if (replaces === undefined) return client.newOrder({ identifiers });
  try {
    return await client.newOrder({ identifiers, replaces });
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    return client.newOrder({ identifiers });
  }
}

/** None where the CA takes an authorization of before: Pebble does for one renewal in a hundred, whatever it is told. */
function unanswered({ status, challenges }: Authorization): Authorization['challenges'] {
  return status === 'pending' ? challenges.filter(({ type }) => type === 'http-01') : [];
}

/** Polls as the operator does: at 0.25 s, doubling to 10 s, never before Retry-After. */
async function polled(client: AcmeClient, placed: Order, wanted: OrderStatus): Promise<Order> {
  let order = placed;
  for (let polls = 0; ; polls += 1) {
    await pause(Math.max(order.retryAfterMs ?? 0, Math.min(lastPollMs, firstPollMs * 2 ** polls)));
    order = await client.order(placed.url);
    if (order.status === wanted) return order;
    if (order.status === 'invalid')
      throw new Error(`the CA refused an order: ${order.error?.detail ?? 'no reason given'}`);
  }
}
