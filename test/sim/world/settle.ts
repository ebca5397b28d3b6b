import { webcrypto } from 'node:crypto';

/** Calls of Web Crypto that other threads work on: the one thing in a simulated world that takes real time. */
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

/** Lets everything that waits for no timer come to rest: microtasks, immediates, and keys and signatures in the making. */
export async function settle(): Promise<void> {
  for (let idle = 0; idle < 2; ) {
    await new Promise((resolve) => setImmediate(resolve));
    idle = working > 0 ? 0 : idle + 1;
  }
}
