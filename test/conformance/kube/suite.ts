import { describe } from 'node:test';
import type { Serve } from './server.ts';
import { writeProtocol } from './write-protocol.ts';

/** Registers the whole suite against one API server. */
export function conformance(name: string, serve: Serve): void {
  describe(name, () => {
    writeProtocol(serve);
  });
}
