import type { AcmeClient, RenewalInfo } from '../../../src/acme/index.ts';

/** How a CA is set up; each is one CA that the cases of it share. */
export interface CaSetup {
  /** Names that no order may have. */
  readonly blocked: readonly string[];
  /** Name and lifetime of each profile. */
  readonly profiles: Readonly<Record<string, { readonly description: string; readonly lifetimeMs: number }>>;
  /** Accounts have to be bound to one of these external ones: HMAC keys, base64url, by key id. */
  readonly externalAccounts: Readonly<Record<string, string>> | undefined;
  /** How many chains there are beside the first. */
  readonly alternates: number;
  /** An order gets the authorizations that are valid already. */
  readonly reusesAuthorizations: boolean;
}

/** A CA that the conformance suite asks, real or simulated. Every name and address leads to what `serve` says. */
export interface CaUnderTest extends AsyncDisposable {
  /** A client of its own. */
  clientOf(keyPem: string, accountUrl?: string): AcmeClient;
  /** What is served under a token of http-01; `undefined`: 404, as for every other token; `hangUp`: no answer at all. */
  serve(token: string, answer: { readonly body: string } | 'hangUp' | undefined): void;
  /** Asks, with time going by in between, until the answer is as wanted. Throws where it never is. */
  until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T>;
  /** The present, as the CA has it. */
  now(): Date;
  /** Sets the window in which a certificate, given by its chain, ought to be renewed. */
  moveWindow(certificate: { readonly certID: string; readonly chain: string }, window: RenewalInfo): Promise<void>;
}
