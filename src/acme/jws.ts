import { Client } from 'acme-client';

/** A JWS in flattened JSON serialization (RFC 7515 section 7.2.2). */
interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** What acme-client 5.4.0 signs with; it does not declare it. A payload of null is that of a POST-as-GET. */
interface JwsSigner {
  getJwk(): object;
  createSignedBody(url: string, payload: object | null, header: { nonce: string | null; kid: string | null }): Jws;
  createSignedHmacBody(hmacKey: string, url: string, payload: object, header: { kid: string }): Jws;
}

declare module 'acme-client' {
  interface Client {
    readonly http: JwsSigner;
  }
}

/** What one request is signed for. */
export interface Signing {
  readonly url: string;
  readonly nonce: string;
  /** Null: signed by the key alone, as newAccount is. */
  readonly accountUrl: string | null;
}

/** Signs requests with an account key (RFC 8555 section 6.2). */
export class Signer {
  readonly #http: JwsSigner;

  constructor(keyPem: string) {
    this.#http = new Client({ directoryUrl: '', accountKey: keyPem }).http; // it is asked for signatures alone
  }

  /** The body of a request. `payload` null: a POST-as-GET (section 6.3). */
  sign(payload: object | null, { url, nonce, accountUrl }: Signing): string {
    return JSON.stringify(this.#http.createSignedBody(url, payload, { nonce, kid: accountUrl }));
  }

  /** The consent of this key to take the place of another (section 7.3.5): the inner JWS, which has no nonce. */
  replace(old: Signer, keyChangeUrl: string, accountUrl: string): object {
    const payload = { account: accountUrl, oldKey: old.#http.getJwk() };
    return this.#http.createSignedBody(keyChangeUrl, payload, { nonce: null, kid: null });
  }

  /** Binds the account key to an account that the CA knows from elsewhere (section 7.3.4). */
  bindExternalAccount(newAccountUrl: string, { keyId, hmacKey }: { keyId: string; hmacKey: string }): object {
    return this.#http.createSignedHmacBody(hmacKey, newAccountUrl, this.#http.getJwk(), { kid: keyId });
  }
}
