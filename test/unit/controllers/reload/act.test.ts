import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ActParts, rollOut, writeStatus } from '../../../../src/controllers/reload/act.ts';
import type { KubeObject } from '../../../../src/kube/index.ts';
import { at, certificate, reloaded, secret, seen } from './world.ts';

/** An API server that takes every apply, and the notes of the Events that are published. */
function world(): { parts: ActParts; notes: string[] } {
  const notes: string[] = [];
  const apply = async (_: unknown, object: KubeObject): Promise<KubeObject> => {
    const metadata = { uid: 'uid', resourceVersion: '1', creationTimestamp: at(0).toISOString(), ...object.metadata };
    return {
      spec: { secretName: 'web-tls', dnsNames: [], issuerRef: {} },
      status: {},
      ...object,
      metadata,
    } as KubeObject;
  };
  const client = { apply } as Partial<ActParts['client']> as ActParts['client'];
  return { parts: { client, events: { publish: ({ note }) => void notes.push(note) } }, notes };
}

const { signal } = new AbortController();

describe('an Event of a reload', () => {
  test('differs from that of a renewal minutes before, because a note that repeats is not published', async () => {
    const { parts, notes } = world();
    for (const seconds of [0, 120]) await rollOut(parts, seen({}), [secret({ issuedAt: at(seconds) })], signal);
    assert.match(notes[0] ?? '', /issued that is in: web-tls \(2026-06-01T12:00:00\.000Z\)\.$/);
    assert.match(notes[1] ?? '', /web-tls \(2026-06-01T12:02:00\.000Z\)\.$/);
  });

  test('names the certificate that is served', async () => {
    const { parts, notes } = world();
    const status = { conditions: [reloaded('Served')] };
    await writeStatus(parts, certificate({ serialNumber: '2b' }), { status, event: 'Reloaded' }, signal);
    assert.deepEqual(notes, [`Certificate 2b: ${reloaded('Served').message}`]);
  });
});
