import type { Server } from 'node:net';

/** Servers of a test file on free loopback ports. */
export class Listeners {
  readonly #servers: Server[] = [];

  /** Lets a server listen and gives its port. */
  async listen(server: Server, host = '127.0.0.1'): Promise<number> {
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
    return address.port;
  }

  /** A port on which nothing listens any more. */
  async closedPort(server: Server): Promise<number> {
    const port = await this.listen(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  /** Stops them all; connections end by themselves. */
  close(): void {
    for (const server of this.#servers) server.close();
  }
}
