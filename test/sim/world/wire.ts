import type { AccountAccess, AcmeClient } from '../../../src/acme/index.ts';
import { keyOf } from '../../../src/kube/index.ts';
import type { Answer, Request, Stream, Transport } from '../../../src/kube/transport.ts';
import { type Clock, TransientError } from '../../../src/runtime/index.ts';
import type { SimApiServer } from '../api-server/index.ts';
import { Bytes } from './bytes.ts';
import { type Carry, exchange, unanswered } from './exchange.ts';
import type { Process } from './process.ts';
import { type EventFate, WatchLine } from './watch-line.ts';

/** What one process is wired to the world with. */
export interface WireParts {
  readonly process: Process;
  readonly server: SimApiServer;
  readonly clock: Clock;
  readonly latencyMs: () => number;
  /** Every write, and every request to the CA. */
  readonly carry: Carry;
  /** Every event of a watch; `about` is the plural of its kind. */
  readonly fateOf: (about: string) => EventFate;
  /** Runs what a request does, so that whoever looks on knows whose it is. */
  readonly as: <T>(process: Process, run: () => T) => T;
  /** Told of each write and each request to the CA when it arrives there, and when it is done. */
  readonly onCall: (name: string, when: 'arrives' | 'happened') => void;
}

const mutating: ReadonlySet<string> = new Set(['apply', 'create', 'replace', 'patch', 'delete']);

/** The network of one process: latency, order and loss between it, the API server and the CA. */
export class Wire implements Transport {
  readonly #parts: WireParts;
  /** Kinds whose next watch is answered 410, because an event of theirs got lost for good. */
  readonly #expired = new Set<string>();

  constructor(parts: WireParts) {
    this.#parts = parts;
  }

  async send(to: Request, signal?: AbortSignal): Promise<Answer> {
    const { server, as, process } = this.#parts;
    const carry = isCounted(to) ? this.#parts.carry : undefined;
    return this.#call(nameOf(to), () => as(process, () => server.answer(to)), { carry, signal });
  }

  async stream(to: Request, signal: AbortSignal): Promise<Stream> {
    const { plural } = to.call.resource;
    const lost = this.#expired.delete(plural);
    const opened = await this.#call(nameOf(to), () => (lost ? { answer: tooOld } : this.#watch(to, signal)), {
      carry: undefined,
      signal,
    });
    return opened;
  }

  async close(): Promise<void> {}

  /** The clients of the CA as this process has them. */
  acme(clientOf: (access: AccountAccess) => AcmeClient): (access: AccountAccess) => AcmeClient {
    return (access) => {
      const ca = clientOf(access);
      const ask = <T>(name: string, carryOut: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
        this.#call(name, carryOut, { carry: this.#parts.carry, signal });
      return {
        directory: (signal) => ask('directory', () => ca.directory(), signal),
        findAccount: (signal) => ask('findAccount', () => ca.findAccount(), signal),
        createAccount: (request, signal) => ask('createAccount', () => ca.createAccount(request), signal),
        updateContact: (contact, signal) => ask('updateContact', () => ca.updateContact(contact), signal),
        changeKey: (keyPem, signal) => ask('changeKey', () => ca.changeKey(keyPem), signal),
        deactivateAccount: (signal) => ask('deactivateAccount', () => ca.deactivateAccount(), signal),
        newOrder: (request, signal) => ask('newOrder', () => ca.newOrder(request), signal),
        order: (url, signal) => ask('order', () => ca.order(url), signal),
        authorization: (url, signal) => ask('authorization', () => ca.authorization(url), signal),
        deactivateAuthorization: (url, signal) =>
          ask('deactivateAuthorization', () => ca.deactivateAuthorization(url), signal),
        answer: (url, signal) => ask('answer', () => ca.answer(url), signal),
        finalize: (order, csr, signal) => ask('finalize', () => ca.finalize(order, csr), signal),
        certificate: (url, signal) => ask('certificate', () => ca.certificate(url), signal),
        revoke: (request, signal) => ask('revoke', () => ca.revoke(request), signal),
        renewalInfo: (id, signal) => ask('renewalInfo', () => ca.renewalInfo(id), signal),
      };
    };
  }

  /** Asks something of the network that is no write: a probe. */
  ask<T>(name: string, carryOut: () => T): Promise<T> {
    return this.#call(name, carryOut, { carry: undefined, signal: undefined });
  }

  async #call<T>(
    name: string,
    carryOut: () => T | Promise<T>,
    { carry, signal }: { carry: Carry | undefined; signal: AbortSignal | undefined },
  ): Promise<T> {
    const { process, clock, latencyMs } = this.#parts;
    if (!process.maySend()) return unanswered();
    signal?.throwIfAborted();
    const told = carry === undefined ? carryOut : () => this.#told(name, carryOut);
    const one = exchange({ name, process, clock, latencyMs, carryOut: told });
    const carried = carry === undefined ? one.there().then((outcome) => one.back(outcome)) : carry(one);
    return signal === undefined ? carried : unlessAborted(carried, signal);
  }

  async #told<T>(name: string, carryOut: () => T | Promise<T>): Promise<T> {
    const { onCall } = this.#parts;
    onCall(name, 'arrives');
    const answer = await carryOut();
    onCall(name, 'happened');
    return answer;
  }

  #watch(to: Request, signal: AbortSignal): Stream {
    const { server, clock, latencyMs, process, fateOf } = this.#parts;
    const { plural } = to.call.resource;
    const bytes = new Bytes();
    const line = new WatchLine({
      clock,
      latencyMs,
      fateOf: () => fateOf(plural),
      deliver: (text) => process.in(() => bytes.push(Buffer.from(`${text}\n`))),
      missed: () => this.#expired.add(plural),
      cut: () => finish(new TransientError('the watch was cut')),
    });
    const opened = server.watch(to, { line: (text) => line.send(text), end: () => finish() });
    if ('answer' in opened) return opened;
    const stop = clock.after(timeoutOf(to) * 1000, () => finish());
    const onAbort = (): void => finish(signal.reason as Error);
    const finish = (error?: Error): void => {
      stop();
      line.close();
      opened.close();
      signal.removeEventListener('abort', onAbort);
      process.in(() => bytes.end(error));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    return { bytes };
  }
}

/** Whether a schedule counts it: every write but those of the Lease, which are made for ever. */
function isCounted({ call }: Request): boolean {
  return mutating.has(call.verb) && call.resource.plural !== 'leases';
}

/** The call in words that are the same in every run: an Event has a random name. */
function nameOf({ call, path }: Request): string {
  const { verb, resource, ref } = call;
  if (ref === undefined || resource.plural === 'events') return `${verb} ${resource.plural}`;
  const [plain = ''] = path.split('?');
  return `${verb} ${resource.plural} ${keyOf(ref)}${plain.endsWith('/status') ? '/status' : ''}`;
}

function timeoutOf({ path }: Request): number {
  return Number(new URLSearchParams(path.slice(path.indexOf('?'))).get('timeoutSeconds') ?? 600);
}

async function unlessAborted<T>(carried: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([carried, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const tooOld: Answer = {
  code: 410,
  retryAfter: undefined,
  text: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410 }),
};
