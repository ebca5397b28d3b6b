import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { after, describe, test } from 'node:test';
import { TransientError } from '../../../src/runtime/index.ts';
import { failureOf } from '../../kit/failure.ts';
import { Listeners } from '../../kit/listeners.ts';
import { selfSigned } from '../../kit/self-signed.ts';
import { ca, keyPem } from './own-ca.ts';

const listeners = new Listeners();
after(() => listeners.close());

describe("the CA's HTTPS", () => {
  test('is trusted by the caBundle alone, or not verified where that is asked for', async () => {
    const { certificate, key } = await selfSigned('127.0.0.1');
    const server = createServer({ cert: certificate, key, keepAliveTimeout: 1_000 }, (request, response) => {
      const url = `https://${request.headers.host}/`;
      response.end(JSON.stringify({ newNonce: url, newAccount: url, newOrder: url }));
    });
    const directoryUrl = `https://127.0.0.1:${await listeners.listen(server)}/`;
    await ca.client({ keyPem, directoryUrl, caBundle: certificate }).directory();
    await ca.client({ keyPem, directoryUrl, skipTLSVerify: true }).directory();

    const other = (await selfSigned('127.0.0.1')).certificate;
    for (const access of [{ directoryUrl }, { directoryUrl, caBundle: other }]) {
      const error = await failureOf(ca.client({ keyPem, ...access }).directory());
      assert.ok(error instanceof TransientError);
      assert.match(error.message, /its TLS certificate is not trusted; a private CA needs a caBundle$/);
    }
  });

  test('is not left for plain HTTP by a URL in a reply', async () => {
    const { certificate, key } = await selfSigned('127.0.0.1');
    const server = createServer({ cert: certificate, key, keepAliveTimeout: 1_000 }, (_request, response) => {
      response.end(
        JSON.stringify({
          newNonce: 'http://ca.example/n',
          newAccount: 'https://ca.example/a',
          newOrder: 'https://ca.example/o',
        }),
      );
    });
    const directoryUrl = `https://127.0.0.1:${await listeners.listen(server)}/`;
    const error = await failureOf(ca.client({ keyPem, directoryUrl, caBundle: certificate }).directory());
    assert.match(error.message, /has a "newNonce" that is no https URL$/);
  });
});
