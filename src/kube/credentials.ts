import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { delimiter } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { type Clock, systemClock, TerminalError, TransientError } from '../runtime/index.ts';
import { type EnvironmentProxy, proxyFor } from './environment-proxy.ts';
import { Kubeconfig } from './kubeconfig.ts';

/** TLS material and settings for connections to the API server. */
export interface TlsSettings {
  ca?: RequestOptions['ca'];
  cert?: RequestOptions['cert'];
  key?: RequestOptions['key'];
  passphrase?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

/** How to reach the API server at this moment, and as whom. */
export interface Access {
  /** Base URL, without a slash at its end. */
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
  readonly proxyUrl: string | undefined;
  /** Changes exactly when connections made before are no longer right. */
  readonly connectionID: string;
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';
/** How long what was read is used before files are read and credential plugins asked again. */
const freshMs = 1_000;
/** A credential plugin that takes longer hangs: the next call starts another. */
const hungMs = 60_000;

/** What {@link Credentials} may be told besides the kubeconfig. */
interface CredentialOptions {
  /** Where the kubeconfig names no proxy. */
  readonly proxy?: EnvironmentProxy | undefined;
  readonly clock?: Clock;
}

interface Reading {
  readonly access: Promise<Access>;
  readonly beganMs: number;
  /** Monotonic; undefined while it is under way. */
  readMs: number | undefined;
}

/**
 * The configuration and credentials of the program, read again as they change: the token file at most every minute (as
 * client-go does) and after each 401, CA and client certificate files within a second and after each call that failed, credential plugins when what they
 * gave has expired.
 */
export class Credentials {
  readonly #kubeconfig: string | undefined;
  readonly #proxy: EnvironmentProxy;
  readonly #clock: Clock;
  #config: KubeConfig;
  #reading: Reading | undefined;

  /**
   * @param kubeconfig one path or several, as $KUBECONFIG has them; without it the Pod's own service account, else the
   *   default file.
   * @throws TerminalError when there is no usable configuration, or the proxy of the environment is no URL.
   */
  constructor(kubeconfig?: string, { proxy = {}, clock = systemClock }: CredentialOptions = {}) {
    this.#kubeconfig = kubeconfig;
    this.#proxy = proxy;
    this.#clock = clock;
    this.#config = load(kubeconfig);
    proxyOf(this.#config, proxy); // to be refused now, and not by each call
  }

  /** @throws TransientError when credentials cannot be had now. */
  async current(): Promise<Access> {
    const reading = this.#usable() ?? this.#read();
    try {
      return await reading.access;
    } catch (error) {
      if (this.#reading === reading) this.#reading = undefined;
      throw new TransientError(`credentials for the API server cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }

  /** A call did not get through, perhaps because of a new CA: the files are read again by the next one. */
  expire(): void {
    if (this.#reading?.readMs !== undefined) this.#reading = undefined;
  }

  /** The API server refused `access`: everything is read anew, unless that has happened since. */
  async refused(access: Access): Promise<void> {
    const reading = this.#reading;
    if (reading?.readMs === undefined) return;
    const current = await reading.access.catch(() => undefined);
    if (this.#reading !== reading || current === undefined || !isSameIdentity(current, access)) return;
    try {
      this.#config = load(this.#kubeconfig);
    } catch {
      return; // a file that is being replaced: what we have stays until it can be read
    }
    this.#reading = undefined;
  }

  #usable(): Reading | undefined {
    const reading = this.#reading;
    if (reading === undefined) return undefined;
    const { beganMs, readMs } = reading;
    const now = this.#clock.monotonicMs();
    return (readMs === undefined ? now - beganMs <= hungMs : now - readMs <= freshMs) ? reading : undefined;
  }

  #read(): Reading {
    const reading: Reading = {
      access: read(this.#config, this.#proxy),
      beganMs: this.#clock.monotonicMs(),
      readMs: undefined,
    };
    const ended = (): void => {
      reading.readMs = this.#clock.monotonicMs();
    };
    reading.access.then(ended, ended);
    this.#reading = reading;
    return reading;
  }
}

function load(kubeconfig: string | undefined): KubeConfig {
  const config = new Kubeconfig();
  try {
    const [first, ...others] = (kubeconfig ?? '').split(delimiter).filter((path) => path !== '');
    if (first !== undefined) config.loadFromFile(first);
    else if (existsSync(serviceAccountToken)) config.loadFromCluster();
    else config.loadFromDefault();
    for (const path of others) {
      const more = new Kubeconfig();
      more.loadFromFile(path);
      config.mergeConfig(more, true);
    }
  } catch (error) {
    throw new TerminalError(`the kubeconfig cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const server = config.getCurrentCluster()?.server;
  // The library's last resort is a port that API servers closed long ago.
  if (server === undefined || server === 'http://localhost:8080') {
    throw new TerminalError(
      'no Kubernetes cluster is configured: not in a Pod, and no kubeconfig with a current context',
    );
  }
  return config;
}

async function read(config: KubeConfig, proxy: EnvironmentProxy): Promise<Access> {
  const cluster = config.getCurrentCluster();
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const tls: TlsSettings = {};
  if (options.ca !== undefined) tls.ca = options.ca;
  if (options.cert !== undefined) tls.cert = options.cert;
  if (options.key !== undefined) tls.key = options.key;
  if (options.passphrase !== undefined) tls.passphrase = options.passphrase;
  if (options.servername !== undefined) tls.servername = options.servername;
  if (options.rejectUnauthorized !== undefined) tls.rejectUnauthorized = options.rejectUnauthorized;
  const server = (cluster?.server ?? '').replace(/\/+$/, '');
  const proxyUrl = proxyOf(config, proxy);
  return { server, headers: headersOf(options), tls, proxyUrl, connectionID: idOf([server, proxyUrl, tls]) };
}

/** What is read every second is another object, but most often the same. */
function isSameIdentity(one: Access, other: Access): boolean {
  return one.connectionID === other.connectionID && one.headers['authorization'] === other.headers['authorization'];
}

function proxyOf(config: KubeConfig, proxy: EnvironmentProxy): string | undefined {
  const cluster = config.getCurrentCluster();
  return cluster?.proxyUrl ?? proxyFor(cluster?.server ?? '', proxy);
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim();
  }
  if (typeof options.auth === 'string')
    headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  return headers;
}

function idOf(settings: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
