import type { Problem } from '../../../src/acme/index.ts';
import type { Clock } from '../../../src/runtime/index.ts';
import type { Accounts } from './accounts.ts';
import type { Certificates } from './certificates.ts';
import { readCsr, type SigningRequest } from './csr.ts';
import type { RateLimits } from './limits.ts';
import { normalized, setKey } from './names.ts';
import type { CaOptions } from './options.ts';
import type { KeptOrder, Orders } from './orders.ts';
import { refusal } from './problems.ts';

interface Parts {
  readonly options: CaOptions;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly accounts: Accounts;
  readonly certificates: Certificates;
  readonly limits: RateLimits;
  readonly orders: Orders;
}

/** Takes CSRs and issues what they ask for (RFC 8555 section 7.4). */
export class Issuance {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The order is processing from now on, and valid or invalid once the CA is done. */
  finalize(order: KeptOrder, csrDer: Uint8Array): void {
    const { options, clock, orders } = this.#parts;
    const status = orders.statusOf(order);
    if (status !== 'ready') throw refusal('orderNotReady', 403, `Order's status ("${status}") is not acceptable`);
    const csr = this.#checked(csrDer, order);
    order.finalizedAt = clock.now();
    orders.note(order);
    clock.after(options.work.issuanceMs, () => this.#issue(order, csr));
  }

  /** Every failure leaves the order as it is. */
  #checked(csrDer: Uint8Array, order: KeptOrder): SigningRequest {
    const { accounts, options } = this.#parts;
    const csr = readable(csrDer);
    if (!csr.isSigned) throw refusal('badCSR', 400, 'Bad signature on CSR');
    if (options.refusesKey(csr.publicKey)) {
      throw refusal('badCSR', 400, 'Error finalizing order :: invalid public key in CSR: key type not supported');
    }
    if (setKey(normalized(csr.identifiers)) !== setKey(order.identifiers)) {
      throw refusal('unauthorized', 403, 'Error finalizing order :: CSR does not specify same identifiers as Order');
    }
    if (accounts.has(Buffer.from(csr.publicKey).toString('base64'))) throw options.dialect.accountKey();
    return csr;
  }

  #issue(order: KeptOrder, { publicKey }: SigningRequest): void {
    const { certificates, limits, orders } = this.#parts;
    const { account, identifiers, profile, isExempt } = order;
    order.error = this.#refused(order);
    if (order.error === undefined) {
      order.certificate = certificates.issue({ account, identifiers, profile, publicKey });
      limits.issued(identifiers, isExempt);
    }
    orders.note(order);
  }

  #refused({ identifiers }: KeptOrder): Problem | undefined {
    const problems = identifiers.flatMap((identifier) => {
      const problem = this.#parts.options.refuses(identifier);
      return problem === undefined ? [] : [{ identifier, ...problem }];
    });
    const [first, ...others] = problems;
    if (first === undefined || others.length === 0) return first;
    const { type, detail } = first;
    const more = `${detail} (and ${others.length} more problems. Refer to sub-problems for more information.)`;
    return { type, detail: more, status: 403, subproblems: problems };
  }
}

function readable(csrDer: Uint8Array): SigningRequest {
  try {
    return readCsr(csrDer);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal('malformed', 400, `Error parsing certificate request: ${why}`);
  }
}
