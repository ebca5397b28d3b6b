import type { Described } from './call.ts';
import type { Reply } from './front.ts';

/** Which resource of RFC 8555 each URL of a CA is: learnt from its answers, as every client learns it. */
export class AcmeNames {
  readonly #origin: string;
  /** By path. */
  readonly #names: Map<string, string>;

  /** @param directory the URL of the directory, as the client has it. */
  constructor(directory: string) {
    const { origin, pathname } = new URL(directory);
    this.#origin = origin;
    this.#names = new Map([[pathname, 'directory']]);
  }

  describe(method: string, path: string): Described {
    const pathname = path.replace(/\?.*$/, '');
    const ofRenewalInfo = [...this.#names].some(
      ([known, name]) => name === 'renewalInfo' && pathname.startsWith(known),
    );
    const resource = this.#names.get(pathname) ?? (ofRenewalInfo ? 'renewalInfo' : 'unknown');
    return { kind: 'acme', verb: method, resource, path };
  }

  /**
   * Takes in what an answer tells of other URLs.
   *
   * @throws Error where the CA leads its clients round the proxy.
   */
  learn(resource: string, { code, headers, body }: Reply): void {
    if (code >= 300 || !(body instanceof Buffer)) return;
    const location = headers['location'];
    if (typeof location === 'string') {
      if (resource === 'newOrder') this.#name(location, 'order');
      if (resource === 'newAccount') this.#name(location, 'account');
    }
    if (!String(headers['content-type']).includes('json')) return;
    const fields = JSON.parse(body.toString('utf8')) as Fields;
    if (resource === 'directory') this.#directory(fields);
    for (const url of fields.authorizations ?? []) this.#name(url, 'authorization');
    for (const { url } of fields.challenges ?? []) this.#name(url, 'challenge');
    if (fields.finalize !== undefined) this.#name(fields.finalize, 'finalize');
    if (fields.certificate !== undefined) this.#name(fields.certificate, 'certificate');
  }

  /** A directory may have other members too: Let's Encrypt's has a random one. */
  #directory(fields: object): void {
    for (const [name, url] of Object.entries(fields)) if (endpoints.has(name)) this.#name(String(url), name);
  }

  #name(url: string, name: string): void {
    const { origin, pathname } = new URL(url);
    if (origin !== this.#origin)
      throw new Error(`the CA says ${url} for ${name}, which does not lead through the proxy at ${this.#origin}`);
    this.#names.set(pathname, name);
  }
}

/** RFC 8555 section 7.1.1, RFC 9773 section 4.1. */
const endpoints: ReadonlySet<string> = new Set([
  'newNonce',
  'newAccount',
  'newOrder',
  'newAuthz',
  'revokeCert',
  'keyChange',
  'renewalInfo',
]);

interface Fields {
  readonly authorizations?: readonly string[];
  readonly challenges?: readonly { readonly url: string }[];
  readonly finalize?: string;
  readonly certificate?: string;
}
