/** A proxy that breaks, on purpose and at the very call that it is told, what stands between a client and the servers it needs. */
export { type Call, type CallKind, describeCall } from './call.ts';
export type { Carry, Fate } from './exchange.ts';
export { delay, drop, loseReply, refuse } from './faults.ts';
export type { Reply } from './front.ts';
export { ChaosProxy, type ProxyOptions } from './proxy.ts';
export { type Crash, type Phase, phases } from './traffic.ts';
export type { WatchEvent, WatchStream } from './watch.ts';
