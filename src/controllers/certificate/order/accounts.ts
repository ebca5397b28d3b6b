import type { AccountAccess, AcmeClient } from '../../../acme/index.ts';
import { isTrue } from '../../../api/index.ts';
import { type KubeClient, secrets } from '../../../kube/index.ts';
import { jwkThumbprint } from '../../../pki/index.ts';
import { ConflictError } from '../../../runtime/index.ts';
import { accountAccess, type IssuerRow, isRecordedAccount, issuerNamespace } from '../../issuer-row.ts';
import { type RateLimits, rateLimitsOf } from '../budget/limits.ts';
import { type Secret, textOf } from '../secret/secret.ts';

/** An account that orders can be placed with. */
export interface Account {
  readonly client: AcmeClient;
  readonly url: string;
  /** What the CA limits. */
  readonly rates: RateLimits;
  /** Of the account's key (RFC 7638); part of every key authorization. */
  readonly thumbprint: string;
  /** What the issuer asks for where a Certificate says nothing. */
  readonly profile: string | undefined;
  /** The directory of the CA. */
  readonly directoryUrl: string;
}

interface Parts {
  readonly client: Pick<KubeClient, 'get'>;
  readonly acme: (access: AccountAccess) => AcmeClient;
  /** Where the keys of ClusterIssuers stand. */
  readonly namespace: string;
}

/** Opens the account of a ready issuer; reads its key once for each version of the issuer. */
export class Accounts {
  readonly #parts: Parts;
  readonly #opened = new Map<string, { readonly resourceVersion: string; readonly account: Account }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The account, or undefined where its key cannot be read: the issuer's own controller then says why. */
  async of(issuer: IssuerRow, signal: AbortSignal): Promise<Account | undefined> {
    const known = this.#opened.get(issuer.key);
    if (known?.resourceVersion === issuer.resourceVersion) return known.account;
    const account = await this.#open(issuer, signal);
    if (account !== undefined) this.#opened.set(issuer.key, { resourceVersion: issuer.resourceVersion, account });
    return account;
  }

  /** The account of an issuer that is there and ready; undefined of any other. */
  async ready(issuer: IssuerRow | undefined, signal: AbortSignal): Promise<Account | undefined> {
    const isReady = issuer !== undefined && isTrue(issuer.status.conditions, 'Ready') && isRecordedAccount(issuer);
    return isReady ? this.of(issuer, signal) : undefined;
  }

  async #open(issuer: IssuerRow, signal: AbortSignal): Promise<Account | undefined> {
    const { name, key = 'tls.key' } = issuer.spec.acme.privateKeySecretRef;
    const accountUrl = issuer.status.acme?.uri;
    if (accountUrl === undefined) return undefined;
    const namespace = issuerNamespace(issuer, this.#parts.namespace);
    const secret = await this.#parts.client.get<Secret>(secrets, { namespace, name }, signal);
    const keyPem = secret === undefined ? '' : textOf(secret, key);
    // A key that was put there since is not the account's, or the account is another one: the issuer's controller finds out.
    if (keyPem === '' || jwkThumbprint(keyPem) !== (issuer.status.acme?.keyThumbprint ?? '')) return undefined;
    const access = accountAccess(issuer, keyPem, accountUrl);
    return {
      client: this.#parts.acme(access),
      url: accountUrl,
      rates: rateLimitsOf(issuer.spec.acme),
      thumbprint: jwkThumbprint(keyPem),
      profile: issuer.spec.acme.profile,
      directoryUrl: access.directoryUrl,
    };
  }
}

/** The account that a step needs. @throws ConflictError where none is open. */
export function opened(account: Account | undefined): Account {
  if (account === undefined) throw new ConflictError('the account is not open');
  return account;
}
