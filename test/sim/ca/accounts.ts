import { createPublicKey } from 'node:crypto';
import type { Account, AccountRequest } from '../../../src/acme/index.ts';
import { jwkThumbprint } from '../../../src/pki/index.ts';
import type { CaOptions } from './options.ts';
import { refusal } from './problems.ts';

/** A key that requests are signed by. */
export interface AccountKey {
  readonly thumbprint: string;
  /** The public half (SubjectPublicKeyInfo), base64 of the DER: what is compared with the key of a CSR. */
  readonly publicKey: string;
}

/** An account as the CA keeps it. */
export interface KeptAccount {
  readonly url: string;
  /** The one it has now. */
  key: AccountKey;
  contact: readonly string[];
  /** The key id of RFC 8555 section 7.3.4. */
  readonly externalKeyId: string | undefined;
  status: 'valid' | 'deactivated' | 'revoked';
  agreedTo: string | undefined;
}

/** The accounts of a CA (RFC 8555 section 7.3). */
export class Accounts {
  /** The terms in force; an account that agreed to others has to agree again. */
  termsOfService: string | undefined;
  /** How many requests were signed by a key that is not that of the account. */
  strangers = 0;
  readonly #options: CaOptions;
  readonly #byUrl = new Map<string, KeptAccount>();
  readonly #byThumbprint = new Map<string, KeptAccount>();
  readonly #publicKeys = new Set<string>();
  /** Reading a key takes longer than all else of a request; there are few. */
  readonly #keys = new Map<string, AccountKey>();

  constructor(options: CaOptions) {
    this.#options = options;
    this.termsOfService = options.termsOfService;
  }

  /** All that were made, in their order. */
  get all(): readonly KeptAccount[] {
    return [...this.#byUrl.values()];
  }

  /** @throws Error where the text is no key. */
  keyOf(keyPem: string): AccountKey {
    const known = this.#keys.get(keyPem);
    if (known !== undefined) return known;
    const publicKey = createPublicKey(keyPem).export({ type: 'spki', format: 'der' }).toString('base64');
    const key = { thumbprint: jwkThumbprint(keyPem), publicKey };
    this.#keys.set(keyPem, key);
    return key;
  }

  /** The account of a key, if there is one (section 7.3.1). */
  find(key: AccountKey): KeptAccount | undefined {
    const found = this.#byThumbprint.get(key.thumbprint);
    if (found === undefined || found.status === 'valid') return found;
    throw refusal('unauthorized', 403, `An account with the provided public key exists but is ${found.status}`);
  }

  /** Section 7.3.1, `onlyReturnExisting`. */
  existing(key: AccountKey): KeptAccount {
    const found = this.find(key);
    if (found === undefined) throw refusal('accountDoesNotExist', 400, 'No account exists with the provided key');
    return found;
  }

  /** Sections 7.3 and 7.3.1: one that exists is given as it is, whatever else is asked for. */
  create(key: AccountKey, request: AccountRequest): { readonly account: KeptAccount; readonly created: boolean } {
    const found = this.find(key);
    if (found !== undefined) return { account: found, created: false };
    if (!request.termsOfServiceAgreed && this.termsOfService !== undefined) throw this.#options.dialect.noConsent();
    const externalKeyId = this.#boundTo(request.externalAccountBinding);
    checkContact(request.contact, this.#options.mostContacts);
    const account: KeptAccount = {
      url: `${this.#options.origin}/account/${this.#byUrl.size + 1}`,
      key,
      contact: request.contact,
      externalKeyId,
      status: 'valid',
      agreedTo: this.termsOfService,
    };
    this.#byUrl.set(account.url, account);
    this.#byThumbprint.set(key.thumbprint, account);
    this.#publicKeys.add(key.publicKey);
    return { account, created: true };
  }

  /** The account in whose name a request is signed by a key (section 6.2). */
  authenticated(key: AccountKey, url: string): KeptAccount {
    const account = this.#byUrl.get(url);
    if (account?.key.thumbprint !== key.thumbprint) this.strangers += 1;
    if (account === undefined) throw refusal('accountDoesNotExist', 400, `Account "${url}" not found`);
    if (account.key.thumbprint !== key.thumbprint) throw refusal('malformed', 400, 'JWS verification error');
    if (account.status !== 'valid') throw refusal('unauthorized', 403, `Account has been ${account.status}`);
    return account;
  }

  /** Section 7.3.2. */
  setContact(account: KeptAccount, contact: readonly string[]): void {
    checkContact(contact, this.#options.mostContacts);
    account.contact = contact;
  }

  /** Section 7.3.5. */
  changeKey(account: KeptAccount, key: AccountKey): void {
    const { dialect } = this.#options;
    if (key.thumbprint === account.key.thumbprint) throw dialect.sameKey();
    const other = this.#byThumbprint.get(key.thumbprint);
    if (other !== undefined) {
      const refused = dialect.keyInUse(other.url);
      if (refused !== undefined) throw refused;
      return;
    }
    this.#byThumbprint.delete(account.key.thumbprint);
    this.#byThumbprint.set(key.thumbprint, account);
    this.#publicKeys.add(key.publicKey);
    account.key = key;
  }

  /** Section 7.3.3: what costs something is refused until the terms in force were agreed to. */
  checkConsent({ agreedTo }: KeptAccount): void {
    if (agreedTo === this.termsOfService) return;
    const page = this.termsOfService === undefined ? {} : { instance: this.termsOfService };
    throw refusal('userActionRequired', 403, 'Terms of service have changed', page);
  }

  /** @throws Error for a URL without an account. */
  at(url: string): KeptAccount {
    const account = this.#byUrl.get(url);
    if (account === undefined) throw new Error(`there is no account ${url}`);
    return account;
  }

  /** Whether a public key, in base64, is that of an account (section 11.1: no certificate is issued for it). */
  has(publicKey: string): boolean {
    return this.#publicKeys.has(publicKey);
  }

  #boundTo(binding: AccountRequest['externalAccountBinding']): string | undefined {
    const { required, keys } = this.#options.externalAccounts;
    if (binding === undefined) {
      if (required) throw refusal('externalAccountRequired', 403, 'The request must include an externalAccountBinding');
      return undefined;
    }
    const hmacKey = keys[binding.keyId];
    if (hmacKey === undefined) throw refusal('unauthorized', 403, "The field 'kid' references a key that is not known");
    const isSame = Buffer.from(hmacKey, 'base64url').equals(Buffer.from(binding.hmacKey, 'base64url'));
    if (!isSame) throw refusal('unauthorized', 403, 'External account binding JWS verification error');
    return binding.keyId;
  }
}

/** The account as a client is shown it. */
export function shownAccount({ url, status }: KeptAccount, created: boolean): Account {
  return { url, status, created };
}

function checkContact(contact: readonly string[], most: number): void {
  if (contact.length > most) {
    throw refusal('malformed', 400, `too many contacts provided: ${contact.length} > ${most}`);
  }
  for (const url of contact) {
    const [, scheme = '', address = ''] = /^([a-z]+):(.*)$/.exec(url) ?? [];
    if (scheme !== 'mailto') throw refusal('unsupportedContact', 400, `contact method "${scheme}" is not supported`);
    if (!/^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/.test(address)) {
      throw refusal('invalidContact', 400, `contact email "${address}" is invalid`);
    }
  }
}
