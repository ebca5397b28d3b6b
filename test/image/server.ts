/** What a pod finds in its cluster: a DNS server at a loopback address of its own, and a site that it names. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:https';

/** Self-signed for `site.test`, valid for a hundred years, used by tests alone. */
export const siteCertificate = `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUJbkXEvEctJDmwHWEZiO3cz8QdUwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJc2l0ZS50ZXN0MCAXDTI2MTEyNDE0NTcwOVoYDzIxMjYxMDMx
MTQ1NzA5WjAUMRIwEAYDVQQDDAlzaXRlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATL8mlnDvYsqGF5vnsqEs6yXFe75yeH9EeSRw8Gvi03COWTAH3ceqqw
k3Z8XnwThKzzJrr2agG1uX7L3FeD+YVqo2kwZzAdBgNVHQ4EFgQUtWmuG2r/6KKH
oA3T/KV1Lk6Z7nAwHwYDVR0jBBgwFoAUtWmuG2r/6KKHoA3T/KV1Lk6Z7nAwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglzaXRlLnRlc3QwCgYIKoZIzj0EAwID
SQAwRgIhAO0l1EwUhyuc7hU+ylvtEjkQMLmocDqm1QRItj/Gx+3OAiEA56imPYRO
yQDQVju12L9Q6xVwsj8AjsS7noACXCrRnCs=
-----END CERTIFICATE-----
`;
const siteKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFUAIoHq3S5PoVRTx
o5FdUKALsCM5FPrSVKGk/YF8HhuhRANCAATL8mlnDvYsqGF5vnsqEs6yXFe75yeH
9EeSRw8Gvi03COWTAH3ceqqwk3Z8XnwThKzzJrr2agG1uX7L3FeD+YVq
-----END PRIVATE KEY-----
`;

export interface Site extends AsyncDisposable {
  /** The DNS server's address, for resolv.conf. */
  readonly nameserver: string;
  /** `https://site.test:PORT/`, which answers `served`. */
  readonly url: string;
}

/** Starts both. Only a name server at port 53 can stand in resolv.conf; so that many can run, each takes its own address. */
export async function serveSite(): Promise<Site> {
  const octet = (): number => 1 + Math.floor(Math.random() * 250);
  const nameserver = `127.${octet()}.${octet()}.${octet()}`;
  const names = createSocket('udp4');
  names.on('message', (query, from) => names.send(answer(query, nameserver), from.port, from.address));
  names.bind(53, nameserver);
  await once(names, 'listening');

  const site = createServer({ key: siteKey, cert: siteCertificate }, (_request, response) => response.end('served'));
  site.listen(0, nameserver);
  await once(site, 'listening');
  const address = site.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    nameserver,
    url: `https://site.test:${port}/`,
    async [Symbol.asyncDispose]() {
      names.close();
      site.closeAllConnections();
      site.close();
      await once(site, 'close');
    },
  };
}

/** RFC 1035: one A record for site.test, no other record, NXDOMAIN for every other name. */
function answer(query: Buffer, address: string): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const known = labels.join('.').toLowerCase() === 'site.test';
  const isAddressQuery = query.readUInt16BE(at + 1) === 1;
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split('.').map(Number)]);
  const records = known && isAddressQuery ? [record] : [];
  const header = Buffer.from([0, 0, 0x81, known ? 0x80 : 0x83, 0, 1, 0, records.length, 0, 0, 0, 0]);
  query.copy(header, 0, 0, 2);
  return Buffer.concat([header, question, ...records]);
}
