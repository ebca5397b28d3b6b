import { AcmeError, type Problem } from '../../../src/acme/index.ts';

/** The CA says no (RFC 8555 section 6.7); `status` is that of HTTP. */
export function refusal(type: string, status: number, detail: string, more: Partial<Problem> = {}): AcmeError {
  return new AcmeError({ type, detail, status, ...more });
}
