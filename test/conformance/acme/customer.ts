import assert from 'node:assert/strict';
import {
  type AcmeClient,
  AcmeError,
  type Authorization,
  type Challenge,
  type Identifier,
  type Order,
  type OrderRequest,
} from '../../../src/acme/index.ts';
import { type Chain, createCsr, generateKey, jwkThumbprint, readChain } from '../../../src/pki/index.ts';
import { failureOf } from '../../kit/failure.ts';
import type { CaUnderTest } from './ca-under-test.ts';

export const dns = (value: string): Identifier => ({ type: 'dns', value });
export const ip = (value: string): Identifier => ({ type: 'ip', value });

/** The order of identifiers for comparisons: a CA gives them in any. */
export const byValue = (a: Identifier, b: Identifier): number => (a.value < b.value ? -1 : 1);

/** A certificate and what it was got by. */
export interface Bought {
  readonly order: Order;
  readonly chainPem: string;
  readonly chain: Chain;
  readonly alternates: readonly string[];
  readonly keyPem: string;
  readonly certID: string;
}

export function newKey(): Promise<string> {
  return generateKey({ algorithm: 'ECDSA', size: 256 });
}

/** An account at a CA, and what its owner does again and again. */
export class Customer {
  readonly ca: CaUnderTest;
  readonly client: AcmeClient;
  readonly keyPem: string;
  readonly url: string;

  private constructor(ca: CaUnderTest, client: AcmeClient, { keyPem, url }: { keyPem: string; url: string }) {
    this.ca = ca;
    this.client = client;
    this.keyPem = keyPem;
    this.url = url;
  }

  static async at(ca: CaUnderTest, external?: { readonly keyId: string; readonly hmacKey: string }): Promise<Customer> {
    const keyPem = await newKey();
    const client = ca.clientOf(keyPem);
    const { url } = await client.createAccount({
      contact: [],
      termsOfServiceAgreed: true,
      ...(external === undefined ? {} : { externalAccountBinding: external }),
    });
    return new Customer(ca, client, { keyPem, url });
  }

  /** The same account, with another key. */
  with(keyPem: string): Customer {
    return new Customer(this.ca, this.ca.clientOf(keyPem, this.url), { keyPem, url: this.url });
  }

  place(...identifiers: readonly Identifier[]): Promise<Order> {
    return this.client.newOrder({ identifiers });
  }

  authorizations(order: Order): Promise<readonly Authorization[]> {
    return Promise.all(order.authorizations.map((url) => this.client.authorization(url)));
  }

  keyAuthorization({ token }: Challenge): string {
    return `${token}.${jwkThumbprint(this.keyPem)}`;
  }

  /** Serves what proves each authorization that is not proven yet, and has the CA look until the order is ready. */
  async prove(order: Order): Promise<Order> {
    for (const authorization of await this.authorizations(order)) {
      if (authorization.status === 'valid') continue; // a CA may reuse one (RFC 8555 section 7.1.3)
      const challenge = http01(authorization);
      this.ca.serve(challenge.token, { body: this.keyAuthorization(challenge) });
      await this.client.answer(challenge.url);
    }
    return this.settled(order, 'pending');
  }

  /** The order once it has left a state. */
  settled(order: Order, state: Order['status']): Promise<Order> {
    return this.ca.until(
      () => this.client.order(order.url),
      ({ status }) => status !== state,
    );
  }

  /** The CSR that an order wants, or one for other names. */
  async csr(order: Order, names?: readonly string[], keyPem?: string): Promise<Uint8Array> {
    return createCsr({
      names: names ?? order.identifiers.map(({ value }) => value),
      keyPem: keyPem ?? (await newKey()),
    });
  }

  /** Everything from newOrder to the chain, for a new key or a given one. */
  async buy(request: OrderRequest, givenKeyPem?: string): Promise<Bought> {
    const ready = await this.prove(await this.client.newOrder(request));
    assert.equal(ready.status, 'ready');
    const keyPem = givenKeyPem ?? (await newKey());
    await this.client.finalize(ready, await this.csr(ready, undefined, keyPem));
    const order = await this.settled(ready, 'processing');
    const { chain: chainPem, alternates } = await this.client.certificate(order.certificate ?? '');
    const chain = readChain(chainPem);
    return { order, chainPem, chain, alternates, keyPem, certID: chain.leaf.certID ?? '' };
  }
}

export function http01(authorization: Authorization): Challenge {
  return challengeOf(authorization, 'http-01');
}

/** The challenge of a type that an authorization offers. */
export function challengeOf({ challenges }: Authorization, wanted: string): Challenge {
  const challenge = challenges.find(({ type }) => type === wanted);
  assert.ok(challenge, `the authorization offers ${wanted}`);
  return challenge;
}

/** The types of the challenges on offer, sorted. */
export function typesOf({ challenges }: Authorization): readonly string[] {
  return challenges.map(({ type }) => type).sort();
}

/** The problem with which a CA refuses. */
export async function refusalOf(asked: Promise<unknown>): Promise<AcmeError['problem']> {
  const error = await failureOf(asked);
  if (error instanceof AcmeError) return error.problem;
  throw error;
}

/** The type and the status with which a CA refuses. */
export async function refused(asked: Promise<unknown>): Promise<string> {
  const { type, status } = await refusalOf(asked);
  return `${status} ${type}`;
}
