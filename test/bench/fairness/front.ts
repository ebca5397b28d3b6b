import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Takes connections to port 80 of an address, and passes their bytes on to a port of it. */
export async function startFront(address: string, port: number): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(port, address);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => open.delete(one));
    }
  });
  server.listen(80, address);
  await once(server, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
