import type { AccountAccess, AccountRequest, AcmeClient, Directory } from '../../src/acme/index.ts';
import { jwkThumbprint } from '../../src/pki/index.ts';

/** A CA in memory, as far as accounts go. Each request is noted, and may be failed. */
export class FakeCa {
  /** Such as `directory`, `findAccount`, `createAccount`. */
  readonly requests: string[] = [];
  readonly created: AccountRequest[] = [];
  directory: Directory = {
    termsOfService: 'https://ca.test/terms',
    externalAccountRequired: false,
    profiles: { classic: 'For everybody' },
    renewalInfo: true,
  };
  /** Called before each request; may throw in its place. */
  before: (request: string) => void = () => {};
  /** Called after a request took effect; may throw, as a network that loses the answer. */
  after: (request: string) => void = () => {};
  /** By thumbprint of the key: the status of its account. */
  readonly accounts = new Map<string, string>();
  /** By thumbprint of the key, where it is not the key that the account was made with: the URL of its account. */
  readonly urls = new Map<string, string>();
  /** The contacts that accounts were given since they were made. */
  readonly contacts: (readonly string[])[] = [];

  /** The client for an access, as `acmeClients` gives it. */
  readonly clientOf = (access: AccountAccess): AcmeClient => {
    const thumbprint = jwkThumbprint(access.keyPem);
    const account = (created: boolean) => ({
      url: this.urls.get(thumbprint) ?? `https://ca.test/account/${thumbprint}`,
      status: this.accounts.get(thumbprint) ?? '',
      created,
    });
    const request = async <T>(name: string, answer: () => T): Promise<T> => {
      await Promise.resolve();
      this.requests.push(name);
      this.before(name);
      const answered = answer();
      this.after(name);
      return answered;
    };
    return {
      ...unused,
      directory: () => request('directory', () => this.directory),
      findAccount: () => request('findAccount', () => (this.accounts.has(thumbprint) ? account(false) : undefined)),
      createAccount: (asked) =>
        request('createAccount', () => {
          const isNew = !this.accounts.has(thumbprint);
          if (isNew) this.accounts.set(thumbprint, 'valid');
          this.created.push(asked);
          return account(isNew);
        }),
      updateContact: (contact) =>
        request('updateContact', () => {
          this.contacts.push(contact);
          return account(false);
        }),
      deactivateAccount: () =>
        request('deactivateAccount', () => {
          this.accounts.set(thumbprint, 'deactivated');
          return account(false);
        }),
      changeKey: (newKeyPem) =>
        request('changeKey', () => {
          const to = jwkThumbprint(newKeyPem);
          this.urls.set(to, account(false).url);
          this.accounts.set(to, this.accounts.get(thumbprint) ?? '');
          this.accounts.delete(thumbprint);
        }),
    };
  };
}

const never = (): Promise<never> => Promise.reject(new Error('this CA makes accounts alone'));

const unused: Omit<
  AcmeClient,
  'directory' | 'findAccount' | 'createAccount' | 'updateContact' | 'changeKey' | 'deactivateAccount'
> = {
  deactivateAuthorization: never,
  revoke: never,
  newOrder: never,
  order: never,
  authorization: never,
  answer: never,
  finalize: never,
  certificate: never,
  renewalInfo: never,
};
