import { generateKeyPairSync } from 'node:crypto';
import { type AcmeClient, AcmeError, type Order } from '../../../src/acme/index.ts';
import { retryAfterMs } from '../../../src/acme/retry-after.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import type { Certified, KeptCertificate } from './certificates.ts';
import { refusal } from './problems.ts';

/** What a CA has at hand to misbehave with. */
interface Means {
  /** The chain of a certificate's URL as it would be if something else had been certified. */
  readonly certify: (url: string, change: (kept: KeptCertificate) => Partial<Certified>) => string;
  /** Takes back what was proven. */
  readonly revokeAuthorization: (url: string) => void;
}

/** What clients may hear of a CA that is not honest. */
type Answers = Pick<AcmeClient, 'newOrder' | 'order' | 'authorization' | 'finalize' | 'certificate'>;

/** The answers that are not the honest client's. */
export type Departure = (honest: AcmeClient, means: Means) => Partial<Answers>;

const dayMs = 86_400_000;
const tenYears = String(3_650 * 86_400);
const stranger = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const bank = [{ type: 'dns', value: 'bank.example' }] as const;

/**
 * The ways in which a simulated CA can misbehave: those in which it matters when the operator dies, or who else works. What a
 * CA can do to bytes, headers and sockets, and many more, are tried over HTTPS in `test/hostile`.
 */
const misbehaviours = {
  /** Certifies a key that nobody asked to have certified. */
  otherKey: () => certifying(() => ({ publicKey: stranger.publicKey })),
  otherNames: () => certifying(() => ({ identifiers: bank })),
  expired: () => certifying(shifted(-100)),
  notYetValid: () => certifying(shifted(30)),
  /** Puts a private key into the chain. */
  privateKey: () => giving((chain) => chain + stranger.privateKey),
  /** Gives a page for people in place of a certificate, of which src/acme says so much. */
  html: () =>
    giving(() => {
      throw new TransientError("the CA's reply to the request for certificate at ca.test is no PEM");
    }),
  /** Makes orders for names that nobody asked for. */
  otherOrder: () => (honest) => ({
    newOrder: async (request) => ({ ...(await honest.newOrder(request)), identifiers: bank }),
  }),
  /** Shows other authorizations, with other tokens, whenever it is asked for an order again. */
  otherAuthorizations: () => changingAuthorizations,
  /** Leaves each order processing, and wants to be asked again at once. */
  processing: () => neverIssuing('0'),
  processingForHours: () => neverIssuing('3600'),
  /** Takes back what was proven as soon as an order that is ready is to be finalized. */
  invalid:
    () =>
    (honest, { revokeAuthorization }) => ({
      finalize: async (order, csr) => {
        order.authorizations.forEach(revokeAuthorization);
        return honest.finalize(order, csr);
      },
    }),
  badCSR: () => () => ({
    finalize: async () => {
      throw refusal('badCSR', 400, 'no such key');
    },
  }),
  /** Refuses the nonces of the first request for an order and of the first to finalize one, however often it is sent. */
  badNonce: refusingNonces,
  limitedForNoTime: () => limiting('0'),
  limitedForYears: () => limiting(tenYears),
  limitedForNonsense: () => limiting('soon'),
} satisfies Record<string, () => Departure>;

/** A way in which a CA can misbehave. */
export type Misbehaviour = keyof typeof misbehaviours;

/** All of them. */
export const everyMisbehaviour = Object.keys(misbehaviours) as readonly Misbehaviour[];

/** What a CA that begins to misbehave answers from now on. */
export function departure(how: Misbehaviour): Departure {
  return misbehaviours[how]();
}

/** The client of a CA that may be dishonest by the time that it is asked. */
export function departing(honest: AcmeClient, answers: () => Partial<Answers>): AcmeClient {
  const now = (): Answers => ({ ...honest, ...answers() });
  return {
    ...honest,
    newOrder: (...asked) => now().newOrder(...asked),
    order: (...asked) => now().order(...asked),
    authorization: (...asked) => now().authorization(...asked),
    finalize: (...asked) => now().finalize(...asked),
    certificate: (...asked) => now().certificate(...asked),
  };
}

function certifying(change: (kept: KeptCertificate) => Partial<Certified>): Departure {
  return (honest, { certify }) => ({
    certificate: async (url) => ({ ...(await honest.certificate(url)), chain: certify(url, change) }),
  });
}

function shifted(days: number): (kept: KeptCertificate) => Partial<Certified> {
  const moved = (date: Date): Date => new Date(date.getTime() + days * dayMs);
  return ({ notBefore, notAfter }) => ({ notBefore: moved(notBefore), notAfter: moved(notAfter) });
}

function giving(change: (chain: string) => string): Departure {
  return (honest) => ({
    certificate: async (url) => {
      const given = await honest.certificate(url);
      return { ...given, chain: change(given.chain) };
    },
  });
}

const again = '/again';

const changingAuthorizations: Departure = (honest) => ({
  order: async (url) => {
    const order = await honest.order(url);
    return { ...order, authorizations: order.authorizations.map((one) => one + again) };
  },
  authorization: async (url) => {
    if (!url.endsWith(again)) return honest.authorization(url);
    const shown = await honest.authorization(url.slice(0, -again.length));
    return { ...shown, url, challenges: shown.challenges.map((one) => ({ ...one, token: `another-${one.token}` })) };
  },
});

/** The orders are issued, and nobody is told. */
function neverIssuing(retryAfter: string): Departure {
  const veiled = ({ certificate, ...order }: Order): Order =>
    certificate === undefined ? order : { ...order, status: 'processing', ...waitOf(retryAfter) };
  return (honest) => ({
    order: async (url) => veiled(await honest.order(url)),
    finalize: async (order, csr) => ({ ...(await honest.finalize(order, csr)), ...waitOf(retryAfter) }),
  });
}

function refusingNonces(): Departure {
  const refused = new Set<string>();
  const check = (kind: string): void => {
    if (refused.has(kind)) return;
    refused.add(kind);
    throw new TransientError(`the CA ca.test did not answer the request for ${kind}: it refused 21 nonces in a row`);
  };
  return (honest) => ({
    newOrder: async (request) => {
      check('newOrder');
      return honest.newOrder(request);
    },
    finalize: async (order, csr) => {
      check('finalize');
      return honest.finalize(order, csr);
    },
  });
}

function limiting(retryAfter: string): Departure {
  return () => ({
    newOrder: async () => {
      const { type, detail, status } = { type: 'rateLimited', detail: 'too many orders', status: 429 };
      throw new AcmeError({ type, detail, status }, waitOf(retryAfter).retryAfterMs);
    },
  });
}

/** A Retry-After as src/acme reads it. */
function waitOf(header: string): { readonly retryAfterMs?: number } {
  const ms = retryAfterMs(header, undefined, new Date(0));
  return ms === undefined ? {} : { retryAfterMs: ms };
}
