import type { AccountAccess, AcmeClient } from '../../../../../src/acme/index.ts';
import { type KubeClient, type KubeObject, keyOf } from '../../../../../src/kube/index.ts';
import type { Clock } from '../../../../../src/runtime/index.ts';

/** What a process reaches the world by. */
export interface Network {
  readonly client: Pick<KubeClient, 'get' | 'apply' | 'patch'>;
  readonly acme: (access: AccountAccess) => AcmeClient;
}

/** Told of each write and each ACME request of a process: sends it, or does not, and answers or does not. */
export type Carry = <T>(call: string, send: () => Promise<T>, process: Process) => Promise<T>;

/** One run of the operator's binary. Once it is killed nothing it does has an effect any more. */
export class Process {
  /** Between the check and the send of a call; it does not know that time goes by. */
  frozen = false;
  readonly ending = new AbortController();
  #state: 'alive' | 'dying' | 'dead' = 'alive';
  #passing = false;

  get dead(): boolean {
    return this.#state === 'dead';
  }

  /** Whether a pass is under way that virtual time has to wait for. */
  get busy(): boolean {
    return this.#state === 'alive' && !this.frozen && this.#passing;
  }

  /** There is one Certificate, so one pass at a time. @returns whether it had not begun yet. */
  passBegins(): boolean {
    const begins = !this.#passing;
    this.#passing = true;
    return begins;
  }

  passEnds(): void {
    this.#passing = false;
  }

  kill(): void {
    this.#state = 'dead';
    this.ending.abort();
  }

  /** Lets it hear the answer that it waits for; it dies before anything else it does reaches the world. */
  killSoon(): void {
    this.#state = 'dying';
    setImmediate(() => this.kill());
  }

  /** The clock as this process sees it: the timers of a dead one do not fire. */
  clockOf(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      after: (ms, run) =>
        clock.after(ms, () => {
          if (this.#state === 'alive') run();
        }),
    };
  }

  /** The network as this process sees it; every call with an effect goes through `carry`. */
  connect({ client, acme }: Network, carry: Carry): Network {
    const effect = <T>(call: string, send: () => Promise<T>): Promise<T> =>
      this.#attempt(() => carry(call, send, this));
    return {
      client: {
        get: (...asked) => this.#attempt(() => client.get(...asked)),
        apply: <T extends KubeObject>(...[resource, object, options]: Parameters<KubeClient['apply']>) => {
          const part = options.subresource === undefined ? '' : `/${options.subresource}`;
          const call = `apply ${resource.plural} ${keyOf(object.metadata)}${part}`;
          return effect(call, () => client.apply<T>(resource, object, options));
        },
        patch: <T extends KubeObject>(...asked: Parameters<KubeClient['patch']>) =>
          effect(`patch ${asked[0].plural} ${keyOf(asked[1])}`, () => client.patch<T>(...asked)),
      },
      acme: (access) => {
        const ca = acme(access);
        return {
          directory: () => effect('directory', () => ca.directory()),
          findAccount: () => effect('findAccount', () => ca.findAccount()),
          createAccount: (request) => effect('createAccount', () => ca.createAccount(request)),
          updateContact: (contact) => effect('updateContact', () => ca.updateContact(contact)),
          changeKey: (keyPem) => effect('changeKey', () => ca.changeKey(keyPem)),
          deactivateAccount: () => effect('deactivateAccount', () => ca.deactivateAccount()),
          newOrder: (request) => effect('newOrder', () => ca.newOrder(request)),
          order: (url) => effect('order', () => ca.order(url)),
          authorization: (url) => effect('authorization', () => ca.authorization(url)),
          deactivateAuthorization: (url) => effect('deactivateAuthorization', () => ca.deactivateAuthorization(url)),
          answer: (url) => effect('answer', () => ca.answer(url)),
          finalize: (order, csr) => effect('finalize', () => ca.finalize(order, csr)),
          certificate: (url) => effect('certificate', () => ca.certificate(url)),
          revoke: (request) => effect('revoke', () => ca.revoke(request)),
          renewalInfo: (id) => effect('renewalInfo', () => ca.renewalInfo(id)),
        };
      },
    };
  }

  #attempt<T>(send: () => Promise<T>): Promise<T> {
    if (this.#state === 'dying') this.kill();
    return this.#state === 'dead' ? unanswered() : send();
  }
}

/** What a caller gets that does not live to see the answer. */
export function unanswered(): Promise<never> {
  return new Promise(() => {});
}
