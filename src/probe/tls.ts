import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { connectionFailure, endpoint } from './failure.ts';
import type { ProbeOptions } from './http.ts';

/** What a TLS probe found. */
export interface TlsAnswer {
  /** A TLS session came about and the server showed a certificate, of whatever names and age. */
  readonly ok: boolean;
  /** SHA-256 of the leaf's DER, lower-case hexadecimal without colons. Present where `ok`. */
  readonly fingerprint?: string;
  /** One sentence, without a full stop. Absent where `ok`. */
  readonly problem?: string;
}

/** Where a TLS probe goes. */
export interface TlsTarget {
  readonly address: string;
  readonly port: number;
  /** The name asked for (SNI, RFC 6066 section 3), which IP addresses are not: they are left out. */
  readonly serverName: string;
}

/**
 * Asks which certificate a server serves for a name. A full handshake each time: a resumed session would show the
 * certificate of its first one. The certificate is not verified, only reported.
 *
 * Never rejects for what the network does; rejects with the signal's reason when aborted.
 */
export async function probeTls(target: TlsTarget, options: ProbeOptions = {}): Promise<TlsAnswer> {
  const { timeoutMs = 5_000, signal } = options;
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  const where = endpoint(target.address, target.port);
  const socket = connect({
    host: target.address,
    port: target.port,
    ...(isIP(target.serverName) === 0 ? { servername: target.serverName } : {}),
    rejectUnauthorized: false,
  });
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    await handshake(socket, either);
    const fingerprint = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
    return fingerprint === undefined
      ? { ok: false, problem: `${where} showed no certificate` }
      : { ok: true, fingerprint };
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) return { ok: false, problem: `${where} did not answer within ${timeoutMs / 1_000} s` };
    return { ok: false, problem: `${where} shows no certificate: ${connectionFailure(error, where)}` };
  } finally {
    socket.destroy();
  }
}

async function handshake(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('secureConnect', resolve).on('error', reject);
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
