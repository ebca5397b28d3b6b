import { type Call, type CallKind, ChaosProxy, type Fate } from '../../chaos/proxy/index.ts';
import { OperatorProcess } from '../../kit/operator-process.ts';
import { within } from '../../kit/until.ts';

/** What a replica is started with. */
export interface ReplicaOptions {
  /** Path of the bundled program. */
  readonly program: string;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly identity: string;
}

const readyLimitMs = 60_000;
/** Of its log, to be told when it does not become ready. */
const keptLines = 10;

/** One operator of several, which are elected over the Lease, behind a proxy of its own. */
export class Replica implements AsyncDisposable {
  readonly process: OperatorProcess;
  readonly proxy: ChaosProxy;

  private constructor(process: OperatorProcess, proxy: ChaosProxy) {
    this.process = process;
    this.proxy = proxy;
  }

  /** Starts one; resolves when its caches are there, be it as the leader or as the standby. */
  static async start({ program, kubeconfig, namespace, identity }: ReplicaOptions): Promise<Replica> {
    const proxy = await ChaosProxy.start({ kubeconfig });
    const log: string[] = [];
    const process = await OperatorProcess.start({
      program,
      namespace,
      identity,
      kubeconfig: proxy.kubeconfig,
      elected: true,
      onLine: (line) => {
        log.push(line);
        log.splice(0, log.length - keptLines);
      },
    });
    await within(readyLimitMs, `${identity} is ready`, async () => {
      if (process.hasEnded) throw new Error(`${identity} ended before it was ready:\n${log.join('\n')}`);
      return process.isReady();
    });
    return new Replica(process, proxy);
  }

  /** When it took the Lease, as `performance.now()` has it; undefined while it has not. */
  get leaseTakenMs(): number | undefined {
    return this.proxy.traffic.fates.find(
      ({ call, carriedOut }) => call.kind === 'lease' && call.verb !== 'get' && isSuccess(carriedOut),
    )?.atMs;
  }

  /** Its calls of these kinds that came after a moment, lists and gets of the Lease apart, which a standby makes too. */
  callsAfter(ms: number, ...kinds: readonly CallKind[]): readonly Fate[] {
    const isOwn = ({ kind, verb, resource }: Call): boolean =>
      kinds.includes(kind) && verb !== 'list' && resource !== 'leases';
    return this.proxy.traffic.fates.filter(({ call, atMs }) => isOwn(call) && atMs > ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.kill();
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** Whether a call was carried out. */
export function isSuccess(code: number | undefined): boolean {
  return code !== undefined && code < 300;
}
