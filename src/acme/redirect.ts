import { TransientError } from '../runtime/index.ts';
import { type Call, hostOf } from './transport.ts';

/** The CA sends elsewhere. That is not followed: a signed request is for one URL, and an Issuer names one directory. */
export class RedirectError extends TransientError {
  override readonly name = 'RedirectError';
  readonly resource: string;
  /** Where to, where it says so. */
  readonly location: string | undefined;

  constructor({ url, resource }: Call, status: number, location: string | undefined) {
    const where = location === undefined ? 'a redirect' : `a redirect to ${location}`;
    super(
      `the CA ${hostOf(url)} did not answer the request for ${resource}: status ${status}, ${where}, which is not followed`,
    );
    this.resource = resource;
    this.location = location;
  }
}
