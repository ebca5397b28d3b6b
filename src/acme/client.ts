import { TerminalError } from '../runtime/index.ts';
import { Signer } from './jws.ts';
import { AcmeError } from './problem.ts';
import { accountOf, authorizationOf, directoryOf, type Endpoints, orderOf, renewalInfoOf } from './resources.ts';
import { renewalInfoPollMs } from './retry-after.ts';
import { type RevocationRequest, revocationOf } from './revocation.ts';
import { retryAfterOf, Session } from './session.ts';
import { Shared } from './shared.ts';
import type { Reply } from './transport.ts';
import type {
  Account,
  AccountAccess,
  AccountRequest,
  AcmeClient,
  AcmeClientsOptions,
  Authorization,
  Directory,
  Order,
  OrderRequest,
  RenewalInfo,
} from './types.ts';

const directoryKeptMs = 60 * 60_000;

/** One account at one CA. */
export class AccountClient implements AcmeClient {
  readonly #session: Session;
  readonly #directory: Shared<{ readonly endpoints: Endpoints; readonly directory: Directory }>;
  readonly #existing: Shared<Account>;
  #accountUrl: string | undefined;

  constructor(access: AccountAccess, options: AcmeClientsOptions) {
    this.#accountUrl = access.accountUrl;
    this.#session = new Session(access, options, async () => (await this.#endpoints()).newNonce);
    this.#directory = new Shared(() => this.#fetchDirectory(access.directoryUrl), directoryKeptMs);
    this.#existing = new Shared(() => this.#newAccount({ onlyReturnExisting: true }), 0);
  }

  async directory(signal?: AbortSignal): Promise<Directory> {
    return (await this.#directory.get(signal)).directory;
  }

  async findAccount(signal?: AbortSignal): Promise<Account | undefined> {
    try {
      return await this.#existing.get(signal);
    } catch (error) {
      if (error instanceof AcmeError && error.problem.type === 'accountDoesNotExist') return undefined;
      throw error;
    }
  }

  async createAccount(request: AccountRequest, signal?: AbortSignal): Promise<Account> {
    const { contact, termsOfServiceAgreed, externalAccountBinding: external } = request;
    const { newAccount } = await this.#endpoints(signal);
    return this.#newAccount(
      {
        termsOfServiceAgreed,
        ...(contact.length === 0 ? {} : { contact }),
        ...(external === undefined
          ? {}
          : { externalAccountBinding: this.#session.signer.bindExternalAccount(newAccount, external) }),
      },
      signal,
    );
  }

  async updateContact(contact: readonly string[], signal?: AbortSignal): Promise<Account> {
    return this.#updateAccount({ contact }, signal);
  }

  async changeKey(newKeyPem: string, signal?: AbortSignal): Promise<void> {
    const { keyChange } = await this.#endpoints(signal);
    if (keyChange === undefined) throw new TerminalError('the CA has no way to change the key of an account');
    const accountUrl = await this.#account(signal);
    const payload = new Signer(newKeyPem).replace(this.#session.signer, keyChange, accountUrl);
    await this.#session.post({ url: keyChange, resource: 'keyChange', payload, accountUrl }, signal);
  }

  async deactivateAccount(signal?: AbortSignal): Promise<Account> {
    return this.#updateAccount({ status: 'deactivated' }, signal);
  }

  async newOrder({ identifiers, profile, replaces }: OrderRequest, signal?: AbortSignal): Promise<Order> {
    const endpoints = await this.#endpoints(signal);
    const payload = {
      identifiers: identifiers.map(({ type, value }) => ({ type, value })),
      ...(profile === undefined ? {} : { profile }),
      ...(replaces === undefined || endpoints.renewalInfo === undefined ? {} : { replaces }),
    };
    const reply = await this.#post('newOrder', endpoints.newOrder, payload, signal);
    return this.#readOrder(reply, this.#session.location(reply));
  }

  async order(url: string, signal?: AbortSignal): Promise<Order> {
    return this.#readOrder(await this.#post('order', url, null, signal), url);
  }

  async authorization(url: string, signal?: AbortSignal): Promise<Authorization> {
    const reply = await this.#post('authorization', url, null, signal);
    return this.#session.read(reply, (fields) => authorizationOf(fields, url));
  }

  async deactivateAuthorization(url: string, signal?: AbortSignal): Promise<Authorization> {
    const reply = await this.#post('authorization', url, { status: 'deactivated' }, signal);
    return this.#session.read(reply, (fields) => authorizationOf(fields, url));
  }

  async answer(challengeUrl: string, signal?: AbortSignal): Promise<void> {
    await this.#post('challenge', challengeUrl, {}, signal);
  }

  async finalize(order: Order, csrDer: Uint8Array, signal?: AbortSignal): Promise<Order> {
    const csr = Buffer.from(csrDer).toString('base64url');
    return this.#readOrder(await this.#post('finalize', order.finalize, { csr }, signal), order.url);
  }

  async certificate(url: string, signal?: AbortSignal): Promise<{ chain: string; alternates: readonly string[] }> {
    const accountUrl = await this.#account(signal);
    const accept = 'application/pem-certificate-chain';
    const reply = await this.#session.post({ url, resource: 'certificate', payload: null, accountUrl, accept }, signal);
    return { chain: this.#session.pem(reply), alternates: this.#session.links(reply, 'alternate') };
  }

  async revoke(request: RevocationRequest, signal?: AbortSignal): Promise<'revoked' | 'alreadyRevoked'> {
    const { revokeCert: url } = await this.#endpoints(signal);
    if (url === undefined) throw new TerminalError('the CA has no way to revoke certificates');
    const signed =
      request.keyPem === undefined
        ? { accountUrl: await this.#account(signal) }
        : { accountUrl: null, signer: new Signer(request.keyPem) };
    try {
      await this.#session.post({ url, resource: 'revokeCert', payload: revocationOf(request), ...signed }, signal);
      return 'revoked';
    } catch (error) {
      if (error instanceof AcmeError && error.problem.type === 'alreadyRevoked') return 'alreadyRevoked';
      throw error;
    }
  }

  async renewalInfo(certID: string, signal?: AbortSignal): Promise<RenewalInfo | undefined> {
    const { renewalInfo } = await this.#endpoints(signal);
    if (renewalInfo === undefined) return undefined;
    const reply = await this.#session.get('renewalInfo', `${renewalInfo.replace(/\/$/, '')}/${certID}`, signal);
    const pollMs = retryAfterOf(reply);
    return this.#session.read(reply, (fields) =>
      renewalInfoOf(fields, pollMs === undefined ? undefined : renewalInfoPollMs(pollMs)),
    );
  }

  async #updateAccount(payload: object, signal: AbortSignal | undefined): Promise<Account> {
    const url = await this.#account(signal);
    const reply = await this.#session.post({ url, resource: 'account', payload, accountUrl: url }, signal);
    return this.#session.read(reply, (fields) => accountOf(fields, url, false));
  }

  async #post(resource: string, url: string, payload: object | null, signal?: AbortSignal): Promise<Reply> {
    return this.#session.post({ url, resource, payload, accountUrl: await this.#account(signal) }, signal);
  }

  #readOrder(reply: Reply, url: string): Order {
    return this.#session.read(reply, (fields) => orderOf(fields, url, retryAfterOf(reply)));
  }

  async #fetchDirectory(url: string): Promise<{ endpoints: Endpoints; directory: Directory }> {
    return this.#session.read(await this.#session.get('directory', url), directoryOf);
  }

  async #endpoints(signal?: AbortSignal): Promise<Endpoints> {
    return (await this.#directory.get(signal)).endpoints;
  }

  /** What requests are signed in the name of. */
  async #account(signal?: AbortSignal): Promise<string> {
    return this.#accountUrl ?? (await this.#existing.get(signal)).url;
  }

  /** RFC 8555 sections 7.3 and 7.3.1: status 201 for a new account, 200 for one that was there. */
  async #newAccount(payload: object, signal?: AbortSignal): Promise<Account> {
    const { newAccount: url } = await this.#endpoints(signal);
    const reply = await this.#session.post({ url, resource: 'newAccount', payload, accountUrl: null }, signal);
    const accountUrl = this.#session.location(reply);
    this.#accountUrl = accountUrl;
    return this.#session.read(reply, (fields) => accountOf(fields, accountUrl, reply.status === 201));
  }
}
