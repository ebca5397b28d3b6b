import {
  type AccountAccess,
  type AcmeClient,
  AcmeError,
  type AcmeRequestNote,
  type Directory,
} from '../../../src/acme/index.ts';
import { type Accounts, type KeptAccount, shownAccount } from './accounts.ts';
import type { Authorizations } from './authorizations.ts';
import type { Certificates } from './certificates.ts';
import type { Issuance } from './issuance.ts';
import { finalizeUrl, type Orders } from './orders.ts';
import type { Placing } from './placing.ts';
import type { Revocation } from './revocation.ts';
import type { Validation } from './validation.ts';

/** What is asked for, in the words of `AcmeRequestNote.resource`. */
export type RequestKind = AcmeRequestNote['resource'];

interface Parts {
  readonly accounts: Accounts;
  readonly authorizations: Authorizations;
  readonly certificates: Certificates;
  readonly orders: Orders;
  readonly placing: Placing;
  readonly validation: Validation;
  readonly issuance: Issuance;
  readonly revocation: Revocation;
  readonly directory: () => Directory;
  readonly asked: (kind: RequestKind) => void;
}

/** The client's side: who asks, what is counted, and what of it all is shown. */
export function accountClient(ca: Parts, { keyPem, accountUrl }: AccountAccess): AcmeClient {
  const key = ca.accounts.keyOf(keyPem);
  const begin = (kind: RequestKind, signal: AbortSignal | undefined): void => {
    signal?.throwIfAborted();
    ca.asked(kind);
  };
  let known = accountUrl;
  /** The account in whose name a request is made; without its URL it is looked up first, as src/acme does. */
  const account = (kind: RequestKind, signal: AbortSignal | undefined): KeptAccount => {
    if (known === undefined) {
      begin('newAccount', signal);
      known = ca.accounts.existing(key).url;
    }
    begin(kind, signal);
    return ca.accounts.authenticated(key, known);
  };
  return {
    directory: async (signal) => {
      begin('directory', signal);
      return ca.directory();
    },
    findAccount: async (signal) => {
      begin('newAccount', signal);
      const found = ca.accounts.find(key);
      return found === undefined ? undefined : shownAccount(found, false);
    },
    createAccount: async (request, signal) => {
      begin('newAccount', signal);
      const made = ca.accounts.create(key, request);
      known = made.account.url;
      return shownAccount(made.account, made.created);
    },
    updateContact: async (contact, signal) => {
      const kept = account('account', signal);
      ca.accounts.setContact(kept, contact);
      return shownAccount(kept, false);
    },
    changeKey: async (newKeyPem, signal) =>
      ca.accounts.changeKey(account('keyChange', signal), ca.accounts.keyOf(newKeyPem)),
    deactivateAccount: async (signal) => {
      const kept = account('account', signal);
      kept.status = 'deactivated';
      return shownAccount(kept, false);
    },
    newOrder: async (request, signal) => ca.orders.shown(ca.placing.place(account('newOrder', signal), request)),
    order: async (url, signal) => ca.orders.shown(ca.orders.find(url, account('order', signal))),
    authorization: async (url, signal) =>
      ca.authorizations.shown(ca.authorizations.find(url, account('authorization', signal))),
    deactivateAuthorization: async (url, signal) => {
      const found = ca.authorizations.find(url, account('authorization', signal));
      ca.authorizations.deactivate(found);
      return ca.authorizations.shown(found);
    },
    answer: async (url, signal) => ca.validation.answer(url, account('challenge', signal)),
    finalize: async ({ url, finalize }, csr, signal) => {
      const order = ca.orders.find(orderUrlOf(finalize), account('finalize', signal), 'finalize');
      ca.issuance.finalize(order, csr);
      return { ...ca.orders.shown(order), url };
    },
    certificate: async (url, signal) => ca.certificates.download(url, account('certificate', signal)),
    revoke: async ({ keyPem: byKey, ...request }, signal) => {
      if (byKey !== undefined) begin('revokeCert', signal);
      const by = byKey === undefined ? account('revokeCert', signal) : ca.accounts.keyOf(byKey);
      try {
        ca.revocation.revoke(request, by);
        return 'revoked';
      } catch (error) {
        if (error instanceof AcmeError && error.problem.type === 'alreadyRevoked') return 'alreadyRevoked';
        throw error;
      }
    },
    renewalInfo: async (certID, signal) => {
      if (!ca.directory().renewalInfo) return undefined;
      begin('renewalInfo', signal);
      return ca.certificates.renewalInfo(certID);
    },
  };
}

function orderUrlOf(finalize: string): string {
  const suffix = finalizeUrl({ url: '' });
  return finalize.endsWith(suffix) ? finalize.slice(0, -suffix.length) : finalize;
}
