import type { ServerResponse } from 'node:http';
import type { Asked, Reply, Twist } from './ca.ts';
import type { Certified } from './chain.ts';

/** What the honest reply may hold. */
interface Members {
  readonly identifiers?: readonly object[];
  readonly challenges?: readonly object[];
}

/** The honest reply with these members in its JSON; undefined takes one away. */
export function members(change: object): Twist {
  return membersOf(() => change);
}

/** The honest reply with members that are made of the request, or of the honest ones. */
export function membersOf(change: (asked: Asked, honest: Members) => object): Twist {
  return (honest, asked) => {
    if (typeof honest.body === 'string' || honest.body instanceof Uint8Array) return honest;
    return { ...honest, body: Object.assign({}, honest.body, change(asked, honest.body)) };
  };
}

/** Another body in place of the honest one. */
export function body(other: Reply['body']): Twist {
  return (honest) => ({ ...honest, body: other });
}

/** The honest reply with these headers; one that is undefined is left out. */
export function headers(others: Reply['headers']): Twist {
  return (honest) => ({ ...honest, headers: { ...honest.headers, ...others } });
}

/** A certificate made otherwise. */
export function certified(changes: Partial<Certified> | ((honest: readonly string[]) => Partial<Certified>)): Twist {
  return (honest, asked) => {
    const changed = typeof changes === 'function' ? changes(asked.names) : changes;
    return { ...honest, body: asked.certify(changed) };
  };
}

/** Another text made of the honest chain. */
export function chain(change: (pem: string) => string | Uint8Array): Twist {
  return (honest) => ({ ...honest, body: typeof honest.body === 'string' ? change(honest.body) : honest.body });
}

/** A problem document (RFC 7807). */
export function problem(code: number, type: string, detail: string, more: object = {}): Twist {
  const document = { type: `urn:ietf:params:acme:error:${type}`, detail, ...more };
  return (honest) => ({ ...honest, status: code, body: document });
}

/** Another status, with a body that is no problem document. */
export function status(code: number, text = '<html>busy</html>', others: Reply['headers'] = {}): Twist {
  return (honest) => ({ status: code, headers: { ...honest.headers, ...others }, body: text });
}

/** Does to the connection what it will. */
export function raw(act: (response: ServerResponse, honest: Reply) => void): Twist {
  return (honest) => ({ ...honest, raw: (response) => act(response, honest) });
}

/** One twist after another. */
export function both(first: Twist, second: Twist): Twist {
  return (honest, asked) => second(first(honest, asked), asked);
}

/** A twist from the n-th request for the resource on; honest before. */
export function from(nth: number, twist: Twist): Twist {
  return (honest, asked) => (asked.nth < nth ? honest : twist(honest, asked));
}

/** Never answers. */
export const silence: Twist = raw(() => {});

/** Sends a body of this many bytes, as fast as it is taken. */
export function flood(size: number): Twist {
  const piece = Buffer.alloc(64 * 1024, 'x');
  return raw((response) => {
    response.writeHead(200);
    let left = size;
    const more = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= piece.length;
        if (!response.write(piece)) return;
      }
      response.end();
    };
    response.on('drain', more);
    more();
  });
}

/** Sends a text again and again, a piece each 20 ms, for as long as anybody listens. */
export function drip(first: string, piece: string): Twist {
  return raw((response) => {
    const { socket } = response;
    socket?.write(first);
    const timer = setInterval(() => socket?.write(piece), 20);
    socket?.on('close', () => clearInterval(timer));
  });
}

/** Writes this to the connection as it is and closes it. */
export function bytes(text: string | Uint8Array): Twist {
  return raw((response) => response.socket?.end(text));
}

/** Sends a part of the honest body and closes the connection. */
export const broken: Twist = raw((response, { status: code, body: whole }) => {
  const text = typeof whole === 'string' ? whole : JSON.stringify(whole);
  response.writeHead(code, { 'content-length': String(text.length) });
  response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
});
