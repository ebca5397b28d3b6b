import { webcrypto } from 'node:crypto';

/** Calls of Web Crypto that other threads work on: the one thing of a simulated world's own that takes real time. */
let working = 0;

type Asynchronous = (...args: never[]) => Promise<unknown>;

/** Counts every call of one method of Web Crypto while it is under way. */
function count(name: 'sign' | 'verify' | 'generateKey' | 'importKey' | 'exportKey' | 'digest'): void {
  const prototype = Object.getPrototypeOf(webcrypto.subtle) as Record<string, Asynchronous>;
  const method = prototype[name];
  if (method === undefined) throw new Error(`Web Crypto has no ${name}`);
  prototype[name] = async function counted(this: unknown, ...args: never[]) {
    working += 1;
    try {
      return await method.apply(this, args);
    } finally {
      working -= 1;
    }
  };
}

for (const name of ['sign', 'verify', 'generateKey', 'importKey', 'exportKey', 'digest'] as const) count(name);

/** Calls to the world outside that a test wired in; time stands still until they have ended. */
const outside = new Set<Promise<unknown>>();

/** Lets no virtual time go by until a call to the world outside has ended. */
export async function takingNoTime<T>(call: Promise<T>): Promise<T> {
  outside.add(call);
  try {
    return await call;
  } finally {
    outside.delete(call);
  }
}

/**
 * Lets everything that waits for no timer come to rest: microtasks, immediates, keys and signatures in the making, and
 * calls to the world outside.
 */
export async function settle(): Promise<void> {
  for (let idle = 0; idle < 2; ) {
    await new Promise((resolve) => setImmediate(resolve));
    if (outside.size > 0) await Promise.allSettled(outside);
    idle = working > 0 || outside.size > 0 ? 0 : idle + 1;
  }
}
