import { describe } from 'node:test';
import { lifecycle } from './lifecycle.ts';
import { ownership } from './ownership.ts';
import { preconditions } from './preconditions.ts';
import { lists, watches } from './reads.ts';
import { refusals } from './refusals.ts';
import type { Serve } from './server.ts';
import { writeProtocol } from './write-protocol.ts';

/** Registers the whole suite against one API server. */
export function conformance(name: string, serve: Serve): void {
  describe(name, () => {
    writeProtocol(serve);
    preconditions(serve);
    ownership(serve);
    lists(serve);
    watches(serve);
    refusals(serve);
    lifecycle(serve);
  });
}
