import { annotations, certificates, group } from '../../../../src/api/index.ts';
import { projectCertificate } from '../../../../src/controllers/certificate-row.ts';
import { secrets } from '../../../../src/kube/index.ts';
import { strict } from '../../ca/index.ts';
import { webServer } from '../../world/objects.ts';
import type { World } from '../../world/world.ts';
import type { Scenario } from './scenario.ts';
import { ask, dayMs, issued, one, orderRecorded, renew, shop, shopSecret } from './shop.ts';

type Annotation = 'rollback' | 'revoke';

/** Sets an annotation, as `kubectl annotate --overwrite` does. */
async function annotate(world: World, annotation: Annotation, value: string): Promise<void> {
  const metadata = { ...shop, annotations: { [annotations[annotation]]: value } };
  const object = { apiVersion: `${group}/v1`, kind: 'Certificate', metadata };
  await world.user.apply(certificates, object, { manager: `user-${annotation}`, force: true });
}

/** The fingerprints of the certificate in use and of the one before, as the status tells them. */
function fingerprints(world: World): { readonly current: string; readonly earlier: string } {
  const object = world.truth.get(certificates, shop);
  const { fingerprint = '', history = [] } = object === undefined ? {} : projectCertificate(object).status;
  return {
    current: fingerprint,
    earlier: history.find((other) => other.fingerprint !== fingerprint)?.fingerprint ?? '',
  };
}

/** A Certificate that was renewed once, minutes after it was issued; it keeps two earlier certificates. */
async function renewed(world: World): Promise<void> {
  await issued(world);
  await ask(world, one, { archiveLimit: 2 });
  await renew(world);
  await world.settle();
}

/** The same, rolled back to the first certificate. */
async function rolledBack(world: World): Promise<void> {
  await renewed(world);
  await rollBack(world);
  await world.settle();
}

function rollBack(world: World): Promise<void> {
  return annotate(world, 'rollback', fingerprints(world).earlier);
}

function pass(world: World, days: number): void {
  world.clock.setWall(new Date(world.clock.now().getTime() + days * dayMs));
}

/** The annotations of a Certificate that was deleted. */
const oldAnnotations = new WeakMap<World, Readonly<Partial<Record<Annotation, string>>>>();

/** What users ask for by annotation. */
export const verbs: Readonly<Record<string, Scenario>> = {
  rollback: {
    what: 'a roll-back to the certificate before',
    before: renewed,
    act: rollBack,
    certificates: 0,
  },
  'rollback-renewing': {
    what: 'a roll-back right after the order of a renewal was recorded',
    before: renewed,
    act: renew,
    meanwhile: { when: orderRecorded, act: rollBack },
    certificates: 1,
  },
  'rollback-held': {
    what: 'a certificate that was put back, and whose renewal would be due',
    before: async (world) => {
      await rolledBack(world);
      pass(world, 70);
    },
    act: async () => {},
    certificates: 0,
  },
  'rollback-ending': {
    what: 'a certificate that was put back, and is about to expire',
    before: async (world) => {
      await rolledBack(world);
      pass(world, 86);
    },
    act: async () => {},
    certificates: 1,
  },
  'rollback-renewed': {
    what: 'a renewal asked for after a roll-back',
    before: rolledBack,
    act: renew,
    certificates: 1,
  },
  'rollback-unknown': {
    what: 'a roll-back to a certificate that nobody knows',
    before: renewed,
    act: (world) => annotate(world, 'rollback', 'ab'.repeat(32)),
    certificates: 0,
  },
  revoke: {
    what: 'the certificate in use is to be revoked, because it is superseded',
    before: issued,
    act: (world) => annotate(world, 'revoke', `${fingerprints(world).current}=superseded`),
    certificates: 1,
  },
  'revoke-compromised': {
    what: 'the certificate in use is to be revoked, because its key is known, though the key was to stay',
    before: async (world) => {
      await issued(world);
      await ask(world, one, { privateKey: { rotationPolicy: 'Never' } });
      await world.settle();
    },
    act: (world) => annotate(world, 'revoke', `${fingerprints(world).current}=keyCompromise`),
    certificates: 1,
  },
  'revoke-archived': {
    what: 'the certificate before is to be revoked',
    before: renewed,
    act: (world) => annotate(world, 'revoke', `${fingerprints(world).earlier}=cessationOfOperation`),
    certificates: 0,
  },
  'revoke-renewing': {
    what: 'the certificate in use is to be revoked right after the order of its renewal was recorded',
    before: issued,
    act: renew,
    meanwhile: {
      when: orderRecorded,
      act: (world) => annotate(world, 'revoke', `${fingerprints(world).current}=superseded`),
    },
    certificates: 1,
  },
  'revoke-refused': {
    what: 'the certificate before is to be revoked for a reason that the CA does not take',
    before: renewed,
    act: (world) => annotate(world, 'revoke', `${fingerprints(world).earlier}=affiliationChanged`),
    certificates: 0,
  },
  temporary: {
    what: 'a first certificate so soon after a temporary one that pods have just started with that',
    ca: { ...strict, work: { ...strict.work, issuanceMs: 500 }, retryAfterMs: undefined },
    act: async (world) => {
      await world.apply(...webServer('shop', shopSecret));
      const metadata = { ...shop, annotations: { [annotations.issueTemporary]: 'true' } };
      const spec = { secretName: shopSecret, dnsNames: one, issuerRef: { name: 'ca', kind: 'ClusterIssuer' } };
      await world.apply(certificates, { apiVersion: `${group}/v1`, kind: 'Certificate', metadata, spec });
    },
    certificates: 1,
  },
  recreated: {
    what: 'a Certificate made anew over its Secret, with the annotations of verbs long done',
    before: async (world) => {
      await renewed(world);
      const { earlier } = fingerprints(world);
      await annotate(world, 'revoke', `${earlier}=superseded`);
      await world.settle();
      await world.delete(certificates, shop);
      const metadata = { ...shop, name: shopSecret, annotations: { [annotations.adopt]: 'true' } };
      await world.user.apply(secrets, { apiVersion: 'v1', kind: 'Secret', metadata }, { manager: 'user', force: true });
      oldAnnotations.set(world, { rollback: earlier, revoke: `${earlier}=superseded` });
    },
    act: async (world) => {
      await ask(world, one);
      for (const [annotation, value] of Object.entries(oldAnnotations.get(world) ?? {})) {
        await annotate(world, annotation as Annotation, value);
      }
    },
    certificates: 0,
  },
};
