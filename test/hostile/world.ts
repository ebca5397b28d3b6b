import { RealCaWorld } from '../sim/world/real-cas.ts';
import { HostileCa } from './ca.ts';

const minuteMs = 60_000;

/** The operator with two CAs: one that may turn hostile, whose ClusterIssuer is `ca`, and an honest one, `good`. */
export class HostileWorld extends RealCaWorld implements AsyncDisposable {
  readonly ca: HostileCa;
  readonly good: HostileCa;
  /** How long the longest call to the hostile CA took, in real milliseconds. */
  longestCallMs = 0;

  /** `timeoutMs` is the deadline of a request to the CA that may turn hostile. */
  static async make({ timeoutMs }: { timeoutMs: number }): Promise<HostileWorld> {
    const clock = { now: (): Date => new Date() };
    const [ca, good] = [await HostileCa.start(() => clock.now()), await HostileCa.start(() => clock.now())];
    const world = new HostileWorld({ ca, good, timeoutMs });
    clock.now = () => world.sim.clock.now();
    await world.furnish();
    return world;
  }

  private constructor({ ca, good, timeoutMs }: { ca: HostileCa; good: HostileCa; timeoutMs: number }) {
    super({ optionsOf: (directoryUrl) => (directoryUrl === ca.directoryUrl ? { timeoutMs } : {}) });
    this.ca = ca;
    this.good = good;
  }

  /** Makes the ClusterIssuers of both CAs. */
  async issuers(): Promise<void> {
    await this.issue('ca', this.ca);
    await this.issue('good', this.good);
  }

  advance(minutes: number): Promise<void> {
    return this.sim.advance(minutes * minuteMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.ca[Symbol.asyncDispose]();
    await this.good[Symbol.asyncDispose]();
  }

  protected override onCall(directoryUrl: string, ms: number): void {
    if (directoryUrl === this.ca.directoryUrl) this.longestCallMs = Math.max(this.longestCallMs, ms);
  }
}
