import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { acmeClients } from '../../../src/acme/index.ts';
import { type Issuer, type IssuerSpec, issuers } from '../../../src/api/index.ts';
import { issuerController } from '../../../src/controllers/issuer/index.ts';
import { type KubeObject, secrets } from '../../../src/kube/index.ts';
import { jwkThumbprint } from '../../../src/pki/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { environment } from '../../kit/inside.ts';
import { installCrds } from '../api/kubectl.ts';
import { Scene } from './scene.ts';

type Acme = IssuerSpec['acme'];

interface Secret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** The issuer controller and what it asks of the CA. */
class IssuerScene {
  readonly scene: Scene;
  readonly requests: string[] = [];
  /** How far the controller's clock is ahead. */
  aheadMs = 0;

  constructor(scene: Scene) {
    this.scene = scene;
  }

  start(): () => Promise<void> {
    const { scene, requests } = this;
    const acme = acmeClients({
      userAgent: 'evercert-test',
      onRequest: ({ resource }) => requests.push(resource),
    });
    const { log, namespace } = scene;
    const clock = { ...systemClock, now: () => new Date(Date.now() + this.aheadMs) };
    return scene.start((client, caches) =>
      issuerController({ client, clock, log, events: { publish: () => {} }, acme, caches, namespace }),
    );
  }

  async put(change: Partial<Acme> = {}): Promise<void> {
    const acme = {
      server: environment('ACME_DIRECTORY'),
      caBundle: readFileSync(environment('ACME_CA_FILE')).toString('base64'),
      email: 'admin@example.com',
      privateKeySecretRef: { name: 'account-key' },
      ...change,
    };
    await this.scene.apply(issuers, {
      apiVersion: 'evercert.dev/v1',
      kind: 'Issuer',
      metadata: { name: 'main' },
      spec: { acme },
    });
  }

  /** Sets these annotations and no others. */
  async annotate(annotations: Record<string, string>): Promise<void> {
    const issuer = { apiVersion: 'evercert.dev/v1', kind: 'Issuer', metadata: { name: 'main', annotations } };
    await this.scene.apply(issuers, issuer, 'annotator');
  }

  async untilReason(reason: string): Promise<Issuer> {
    let found: Issuer | undefined;
    await this.scene.until(`the issuer is ${reason}`, async () => {
      found = await this.scene.get<Issuer>(issuers, 'main');
      const ready = found?.status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.reason === reason && found?.status?.observedGeneration === found?.metadata.generation;
    });
    assert.ok(found);
    return found;
  }
}

function accountOf({ status }: Issuer): { readonly uri: string; readonly keyThumbprint: string } {
  const { uri = '', keyThumbprint = '' } = status?.acme ?? {};
  return { uri, keyThumbprint };
}

function messageOf(issuer: Issuer): string {
  return issuer.status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
}

describe('the issuer controller on a real API server and Pebble', { concurrency: 4, timeout: 120_000 }, () => {
  before(() => installCrds());

  test('makes the account in two writes, and a restart asks the CA for nothing', async () => {
    await using scene = await Scene.create();
    const world = new IssuerScene(scene);
    const stop = world.start();
    await world.put();
    const issuer = await world.untilReason('AccountReady');
    const secret = await scene.get<Secret>(secrets, 'account-key');
    const keyPem = Buffer.from(secret?.data?.['tls.key'] ?? '', 'base64').toString('utf8');
    assert.equal(secret?.type, 'Opaque');
    assert.equal(secret.metadata.labels?.['app.kubernetes.io/managed-by'], 'evercert');
    assert.equal(issuer.status?.acme?.keyThumbprint, jwkThumbprint(keyPem));
    assert.equal(issuer.status.acme.lastRegisteredEmail, 'admin@example.com');
    assert.match(issuer.status.acme.uri ?? '', /^https:/);
    assert.deepEqual(scene.writes, ['apply secrets account-key', 'apply issuers main']);
    assert.deepEqual(await scene.quiet(), []);
    await stop();

    const asked = world.requests.length;
    world.start();
    assert.deepEqual(await scene.quiet(), []);
    assert.equal(world.requests.length, asked);
  });

  test('makes no account while the terms are not agreed to', async () => {
    await using scene = await Scene.create();
    const world = new IssuerScene(scene);
    world.start();
    await world.put({ termsOfServiceAgreed: false });
    const held = await world.untilReason('TermsNotAgreed');
    assert.match(messageOf(held), /termsOfServiceAgreed is false.*terms of the CA at data:text\/plain/);
    assert.equal(held.status?.acme?.uri, undefined);
    assert.ok(!world.requests.includes('newAccount'));
    await world.put({ termsOfServiceAgreed: true });
    await world.untilReason('AccountReady');
  });

  test('says why a directory does not answer, and writes that once', async () => {
    await using scene = await Scene.create();
    const world = new IssuerScene(scene);
    world.start();
    await world.put({ server: 'https://192.168.250.1:9/dir' });
    const dead = await world.untilReason('DirectoryUnavailable');
    assert.match(messageOf(dead), /192\.168\.250\.1:9 .*connection was refused/);
    assert.deepEqual(await scene.quiet(7_000), []);
    assert.ok(world.requests.length >= 2, 'it is tried again after 5 s');
  });

  test('says that a private CA needs its caBundle', async () => {
    await using scene = await Scene.create();
    const world = new IssuerScene(scene);
    world.start();
    await world.put({ caBundle: readFileSync(environment('ACME_ROOT_FILE')).toString('base64') });
    assert.match(messageOf(await world.untilReason('DirectoryUnavailable')), /is not trusted/);
  });

  test('leaves a Secret without a key as it is, and makes a new one once it is deleted', async () => {
    await using scene = await Scene.create();
    const world = new IssuerScene(scene);
    const data = { 'tls.key': Buffer.from('no key').toString('base64') };
    const mine = await scene.apply(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'account-key' },
      data,
    });
    const stop = world.start();
    await world.put();
    await world.untilReason('AccountKeyInvalid');
    const left = await scene.get(secrets, 'account-key');
    assert.equal(left?.metadata.resourceVersion, mine.metadata.resourceVersion);
    await stop();
    await scene.remove(secrets, 'account-key');
    world.start();
    await world.untilReason('AccountReady');
  });

  test('gives the account a new contact, ends it and makes another, each on its word alone', async () => {
    await using scene = await Scene.create();
    const world = new IssuerScene(scene);
    world.start();
    await world.put();
    const { uri, keyThumbprint } = accountOf(await world.untilReason('AccountReady'));
    await world.put({ email: 'new@example.com' });
    const updated = await world.untilReason('AccountReady');
    assert.equal(updated.status?.acme?.lastRegisteredEmail, 'new@example.com');
    await world.annotate({ 'evercert.dev/deactivate': uri });
    assert.match(messageOf(await world.untilReason('AccountDeactivated')), /is deactivated/);
    await world.annotate({ 'evercert.dev/deactivate': uri, 'evercert.dev/new-account': uri });
    const second = accountOf(await world.untilReason('AccountReady'));
    assert.notEqual(second.uri, uri);
    assert.notEqual(second.keyThumbprint, keyThumbprint);
    assert.deepEqual(await scene.quiet(), []);
  });

  test('changes the key of the account in its Secret, which is written twice', async () => {
    await using scene = await Scene.create();
    const world = new IssuerScene(scene);
    world.start();
    await world.put();
    const first = accountOf(await world.untilReason('AccountReady'));
    await world.annotate({ 'evercert.dev/rollover': first.keyThumbprint });
    await world.untilReason('KeyChanging');
    world.aheadMs = 91_000;
    const second = accountOf(await world.untilReason('AccountReady'));
    const { data = {} } = (await scene.get<Secret>(secrets, 'account-key')) ?? {};
    const keyPem = Buffer.from(data['tls.key'] ?? '', 'base64').toString('utf8');
    assert.deepEqual(Object.keys(data), ['tls.key']);
    assert.deepEqual(second, { uri: first.uri, keyThumbprint: jwkThumbprint(keyPem) });
    assert.notEqual(second.keyThumbprint, first.keyThumbprint);
    assert.equal(world.requests.filter((resource) => resource === 'keyChange').length, 1);
    assert.deepEqual(scene.writes.slice(2), [
      'apply issuers main',
      'apply secrets account-key',
      'apply secrets account-key',
      'apply issuers main',
    ]);
  });

  test('finds the account of a key that is there', async () => {
    await using scene = await Scene.create();
    const world = new IssuerScene(scene);
    const stop = world.start();
    await world.put();
    const first = await world.untilReason('AccountReady');
    await stop();
    await scene.remove(issuers, 'main');
    await world.put();
    const asked = world.requests.length;
    world.start();
    const second = await world.untilReason('AccountReady');
    assert.equal(second.status?.acme?.uri, first.status?.acme?.uri);
    assert.equal(world.requests.slice(asked).filter((resource) => resource === 'newAccount').length, 1);
  });
});
