import { randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import {
  type AccountAccess,
  type AcmeClient,
  AcmeError,
  type Authorization,
  type Identifier,
  type Order,
  type OrderRequest,
} from '../../src/acme/index.ts';
import { jwkThumbprint } from '../../src/pki/index.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;
/** How long validation and issuance take. */
const workMs = 300;

/** An order as the CA keeps it. */
export interface KeptOrder {
  readonly url: string;
  readonly thumbprint: string;
  readonly request: OrderRequest;
  readonly authorizations: readonly KeptAuthorization[];
  /** Why it can no longer become a certificate. */
  failure: string | undefined;
  /** When finalize was accepted. */
  finalizedAt: number | undefined;
  chain: string | undefined;
}

interface KeptAuthorization {
  readonly url: string;
  readonly identifier: Identifier;
  readonly token: string;
  answeredAt: number | undefined;
  presented: boolean;
}

interface Parts {
  readonly clock: { now(): Date };
  /** What is served at the challenge path of a host; undefined: nothing. */
  readonly serves: (host: string, token: string) => string | undefined;
}

/**
 * A CA in memory that validates what is really presented and signs with a key of its own.
 *
 * It is as strict as RFC 8555 lets a CA be: no order is given twice, an order is finalized once, and what replaces a
 * certificate that another order replaces is refused (RFC 9773, 5). Validation and issuance take 0.3 s.
 */
export class IssuingCa {
  readonly orders: KeptOrder[] = [];
  /** Gives an open order for the same names again, as Let's Encrypt does. */
  reusesOrders = false;
  readonly #parts: Parts;
  readonly #keys = webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The orders that were finalized: each is a certificate. */
  get finalized(): readonly KeptOrder[] {
    return this.orders.filter(({ finalizedAt }) => finalizedAt !== undefined);
  }

  /** The client for an access, as `acmeClients` gives it. */
  readonly clientOf = (access: AccountAccess): AcmeClient => {
    const thumbprint = jwkThumbprint(access.keyPem);
    return {
      directory: async () => ({ externalAccountRequired: false, profiles: {}, renewalInfo: true }),
      findAccount: none,
      createAccount: async () => ({ url: 'https://ca.test/account/1', status: 'valid', created: false }),
      newOrder: async (request) => this.#newOrder(request, thumbprint),
      order: async (url) => this.#shown(this.#find(url, thumbprint)),
      authorization: async (url) => this.#authorization(url),
      answer: async (url) => this.#answer(url),
      finalize: async (order, csr) => this.#finalize(this.#find(order.url, thumbprint), csr),
      certificate: async (url) => ({
        chain: this.#chain(this.#find(url.replace(/\/certificate$/, ''), thumbprint)),
        alternates: [],
      }),
      renewalInfo: none,
    };
  };

  #newOrder(request: OrderRequest, thumbprint: string): Order {
    const same = ({ request: other }: KeptOrder): boolean =>
      JSON.stringify(other.identifiers) === JSON.stringify(request.identifiers) && other.replaces === request.replaces;
    const open = this.orders.find((order) => same(order) && ['pending', 'ready'].includes(this.#status(order)));
    if (this.reusesOrders && open !== undefined) return this.#shown(open);
    const { replaces } = request;
    const rival = this.orders.some((order) => order.failure === undefined && order.request.replaces === replaces);
    if (replaces !== undefined && rival) throw refusal('alreadyReplaced', 'another order replaces that certificate');
    const number = this.orders.length + 1;
    const made: KeptOrder = {
      url: `https://ca.test/order/${number}`,
      thumbprint,
      request,
      authorizations: request.identifiers.map((identifier, index) => ({
        url: `https://ca.test/authorization/${number}/${index}`,
        identifier,
        token: randomBytes(16).toString('base64url'),
        answeredAt: undefined,
        presented: false,
      })),
      failure: undefined,
      finalizedAt: undefined,
      chain: undefined,
    };
    this.orders.push(made);
    return this.#shown(made);
  }

  #find(url: string, thumbprint: string): KeptOrder {
    const found = this.orders.find((order) => order.url === url);
    if (found === undefined) throw refusal('malformed', 'there is no such order');
    if (found.thumbprint !== thumbprint) throw refusal('unauthorized', 'the order is of another account');
    return found;
  }

  #status({ authorizations, failure, finalizedAt }: KeptOrder): Order['status'] {
    const states = authorizations.map((one) => this.#state(one));
    if (failure !== undefined || states.includes('invalid')) return 'invalid';
    if (finalizedAt !== undefined) return this.#isDone(finalizedAt) ? 'valid' : 'processing';
    return states.every((state) => state === 'valid') ? 'ready' : 'pending';
  }

  #state({ answeredAt, presented }: KeptAuthorization): 'pending' | 'valid' | 'invalid' {
    if (answeredAt === undefined || !this.#isDone(answeredAt)) return 'pending';
    return presented ? 'valid' : 'invalid';
  }

  #isDone(startedAt: number): boolean {
    return this.#parts.clock.now().getTime() >= startedAt + workMs;
  }

  #shown(order: KeptOrder): Order {
    const status = this.#status(order);
    return {
      url: order.url,
      status,
      expires: '2030-01-01T00:00:00Z',
      identifiers: order.request.identifiers,
      authorizations: order.authorizations.map(({ url }) => url),
      finalize: `${order.url}/finalize`,
      ...(status === 'valid' ? { certificate: `${order.url}/certificate` } : {}),
      ...(order.request.replaces === undefined ? {} : { replaces: order.request.replaces }),
    };
  }

  #authorization(url: string): Authorization {
    const kept = this.orders.flatMap((order) => order.authorizations).find((one) => one.url === url);
    if (kept === undefined) throw refusal('malformed', 'there is no such authorization');
    const status = this.#state(kept);
    const answered = kept.answeredAt !== undefined && status === 'pending';
    return {
      url,
      status,
      identifier: kept.identifier,
      // Every type is offered, and only the one that was answered changes its state (RFC 8555, 7.1.6).
      challenges: [
        { type: 'dns-01', url: `${url}/dns`, status: 'pending', token: kept.token },
        { type: 'http-01', url: `${url}/http`, status: answered ? 'processing' : status, token: kept.token },
      ],
    };
  }

  #answer(url: string): void {
    for (const order of this.orders) {
      for (const kept of order.authorizations) {
        if (`${kept.url}/http` !== url || kept.answeredAt !== undefined) continue;
        kept.answeredAt = this.#parts.clock.now().getTime();
        const served = this.#parts.serves(kept.identifier.value, kept.token);
        kept.presented = served === `${kept.token}.${order.thumbprint}`;
      }
    }
  }

  async #finalize(order: KeptOrder, csrDer: Uint8Array): Promise<Order> {
    if (this.#status(order) !== 'ready') throw refusal('orderNotReady', `the order is ${this.#status(order)}`);
    const now = this.#parts.clock.now().getTime();
    order.finalizedAt = now;
    order.chain = await this.#sign(csrDer, now);
    return this.#shown(order);
  }

  async #sign(csrDer: Uint8Array, now: number): Promise<string> {
    const csr = new Pkcs10CertificateRequest(Buffer.from(csrDer));
    const { privateKey, publicKey } = await this.#keys;
    const names = csr.extensions.find((one) => one instanceof SubjectAlternativeNameExtension);
    if (names === undefined) throw refusal('badCSR', 'it asks for no name');
    const certificate = await X509CertificateGenerator.create(
      {
        serialNumber: randomBytes(8).toString('hex'),
        subject: '',
        issuer: 'CN=Test CA',
        notBefore: new Date(now - 3_600_000),
        notAfter: new Date(now + 90 * dayMs),
        publicKey: csr.publicKey,
        signingKey: privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new SubjectAlternativeNameExtension(names.names.toJSON(), true),
          await AuthorityKeyIdentifierExtension.create(publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    return `${certificate.toString('pem')}\n`;
  }

  #chain({ chain }: KeptOrder): string {
    if (chain === undefined) throw refusal('malformed', 'there is no such certificate');
    return chain;
  }
}

function refusal(type: string, detail: string): AcmeError {
  return new AcmeError({ type, detail });
}

async function none(): Promise<undefined> {}
