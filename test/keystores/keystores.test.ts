/**
 * Keystores as those read them for whom they are made: Java's keytool and OpenSSL. Run by `npm test -- machine`, which installs a
 * Java from Debian's packages where there is none.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  jksKeystore,
  jksTruststore,
  keystoreContent,
  type Pkcs12Profile,
  pkcs12Keystore,
  pkcs12Truststore,
  readChain,
} from '../../src/pki/index.ts';
import { installPackages, isOnPath } from '../kit/cluster/packages.ts';
import { progressOn } from '../kit/cluster/progress.ts';
import { pairFor } from '../kit/pair.ts';

const run = promisify(execFile);
// Java takes none but ASCII for PKCS#12.
const password = 'pass word';
const profiles: readonly Pkcs12Profile[] = ['LegacyRC2', 'LegacyDES', 'Modern2023'];

/** As `keytool` prints it. */
function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}

for (const kind of ['ECDSA', 'RSA'] as const) {
  describe(`keystores of an ${kind} key`, () => {
    let folder: string;
    let chain: string;
    let content: ReturnType<typeof keystoreContent>;

    before(async () => {
      const wanted = { openssl: 'openssl', keytool: 'default-jre-headless' };
      const missing = Object.entries(wanted).flatMap(([program, name]) => (isOnPath(program) ? [] : [name]));
      await installPackages(missing, progressOn(process.stderr));
      folder = await mkdtemp(join(tmpdir(), 'evercert-keystores-'));
      const key = kind === 'RSA' ? ({ algorithm: 'RSA', size: 2048 } as const) : undefined;
      const pair = await pairFor(['shop.example'], { withRoot: true, ...(key === undefined ? {} : { key }) });
      chain = pair.chain;
      content = keystoreContent({ chainPem: chain, keyPem: pair.key, password });
    });

    after(() => rm(folder, { recursive: true }));

    async function file(bytes: Uint8Array): Promise<string> {
      const path = join(folder, 'store');
      await writeFile(path, bytes);
      return path;
    }

    async function keytool(bytes: Uint8Array, ...args: string[]): Promise<string> {
      const env = { ...process.env, STORE_PASSWORD: password, LC_ALL: 'C.UTF-8' };
      const store = ['-keystore', await file(bytes), '-storepass:env', 'STORE_PASSWORD'];
      return (await run('keytool', ['-J-Dfile.encoding=UTF-8', ...args, ...store], { env })).stdout;
    }

    function root(): Uint8Array {
      return content.certificates.at(-1) ?? new Uint8Array();
    }

    for (const profile of profiles) {
      test(`${profile} is read by OpenSSL, key and chain`, async () => {
        const path = await file(pkcs12Keystore(content, profile));
        const legacy = profile === 'Modern2023' ? [] : ['-legacy'];
        const args = ['pkcs12', '-in', path, '-passin', `pass:${password}`, '-nodes', ...legacy];
        const { stdout } = await run('openssl', args);
        assert.deepEqual(
          stdout.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.map(fingerprintOf),
          [...(chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.map(fingerprintOf) ?? [])],
        );
        const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(stdout)?.[0] ?? '';
        assert.ok(keyFits(chain, key));
      });

      test(`${profile} is read by Java, and so is its truststore`, async () => {
        const listed = await keytool(pkcs12Keystore(content, profile), '-list', '-v');
        assert.match(listed, /Entry type: PrivateKeyEntry\nCertificate chain length: 3\n/);
        assert.ok(listed.includes(fingerprintOf(chain)));
        const trusted = await keytool(pkcs12Truststore({ ...content, caDer: root() }, profile), '-list');
        assert.match(trusted, /^ca, .*trustedCertEntry/m);
      });
    }

    test('JKS is read by Java, its key too, and so is its truststore', async () => {
      const store = jksKeystore(content, 'shop');
      const listed = await keytool(store, '-list', '-v');
      assert.match(listed, /Alias name: shop\n.*\nEntry type: PrivateKeyEntry\nCertificate chain length: 3\n/);
      assert.ok(listed.includes(fingerprintOf(chain)));
      // Only whoever can decrypt a key can sign with it.
      assert.match(await keytool(store, '-certreq', '-alias', 'shop'), /BEGIN NEW CERTIFICATE REQUEST/);
      assert.match(await keytool(jksTruststore({ ...content, caDer: root() }), '-list'), /^ca, .*trustedCertEntry/m);
    });
  });
}

function keyFits(chain: string, keyPem: string): boolean {
  return readChain(chain).leaf.hasKey(keyPem);
}
