import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { after, describe, test } from 'node:test';
import { ResolveError, resolveHost } from '../../../src/probe/resolve.ts';

const never = new AbortController().signal;
const sockets: Socket[] = [];
after(() => {
  for (const socket of sockets) socket.close();
});

const types = { 1: 'A', 28: 'AAAA' } as const;
interface Zone {
  readonly A?: readonly number[];
  readonly AAAA?: readonly number[];
  /** 3: no such name; 2: server failure. */
  readonly code?: number;
  readonly silent?: boolean;
}

/** A name server with one answer for every name. */
async function nameServer({ code = 0, silent = false, ...zone }: Zone): Promise<readonly string[]> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (query, from) => {
    if (silent) return;
    const questionEnd = query.indexOf(0, 12) + 5;
    const type = query.readUInt16BE(questionEnd - 4);
    const address = type === 1 || type === 28 ? zone[types[type]] : undefined;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 | code, 2);
    header.writeUInt16BE(address === undefined ? 0 : 1, 6);
    header.writeUInt32BE(0, 8);
    const record = address === undefined ? [] : [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length, ...address];
    socket.send(Buffer.concat([header, query.subarray(12, questionEnd), Buffer.from(record)]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return [`127.0.0.1:${socket.address().port}`];
}

const v4 = [192, 0, 2, 1];
const v6 = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

describe('the addresses of a host', () => {
  const found: readonly (readonly [name: string, zone: Zone, addresses: string[]])[] = [
    ['IPv6 before IPv4', { A: v4, AAAA: v6 }, ['2001:db8::1', '192.0.2.1']],
    ['IPv4 alone', { A: v4 }, ['192.0.2.1']],
    ['IPv6 alone', { AAAA: v6 }, ['2001:db8::1']],
  ];
  for (const [name, zone, addresses] of found) {
    test(`are ${name}`, async () => {
      assert.deepEqual(await resolveHost('shop.example', never, await nameServer(zone)), addresses);
    });
  }

  const missing: readonly (readonly [name: string, zone: Zone, message: string])[] = [
    ['does not exist', { code: 3 }, 'the name shop.example does not resolve'],
    ['has no address', {}, 'the name shop.example has neither an A nor an AAAA record'],
    [
      'cannot be looked up',
      { code: 2 },
      'the name shop.example cannot be resolved at the moment: the name servers answered ESERVFAIL',
    ],
  ];
  for (const [name, zone, message] of missing) {
    test(`are missing, with a sentence, where the name ${name}`, async () => {
      const servers = await nameServer(zone);
      await assert.rejects(
        resolveHost('shop.example', never, servers),
        (error) => error instanceof ResolveError && error.message === message,
      );
    });
  }

  test('are an address itself, without a question', async () => {
    assert.deepEqual(await resolveHost('192.0.2.7', never, []), ['192.0.2.7']);
    assert.deepEqual(await resolveHost('2001:db8::7', never, []), ['2001:db8::7']);
  });

  test('are not waited for after an abort', async () => {
    const servers = await nameServer({ silent: true });
    const abort = new AbortController();
    const resolving = resolveHost('shop.example', abort.signal, servers);
    abort.abort(new Error('stopping'));
    await assert.rejects(resolving, /stopping/);
  });
});
