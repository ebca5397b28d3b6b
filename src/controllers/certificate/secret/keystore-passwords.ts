import { type KubeClient, secrets } from '../../../kube/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { Passwords } from '../observed.ts';
import { type KeystoreFormat, keystoresAsked } from './outputs.ts';
import { type Secret, textOf } from './secret.ts';

/** Reads the passwords of the keystores that the spec asks for; says what is wrong where one cannot be had. */
export async function passwordsOf(
  client: Pick<KubeClient, 'get'>,
  certificate: CertificateRow,
  signal: AbortSignal,
): Promise<Passwords> {
  const asked = keystoresAsked(certificate.spec);
  const read = await Promise.all(asked.map((format) => passwordOf(client, certificate, format, signal)));
  return Object.assign({}, ...read) as Passwords;
}

async function passwordOf(
  client: Pick<KubeClient, 'get'>,
  { spec, namespace }: CertificateRow,
  format: KeystoreFormat,
  signal: AbortSignal,
): Promise<Passwords> {
  const { password, passwordSecretRef: { name = '', key = 'password' } = {} } = spec.keystores?.[format] ?? {};
  if (password !== undefined) return { [format]: password };
  const secret = await client.get<Secret>(secrets, { namespace, name }, signal);
  const found = secret === undefined ? '' : textOf(secret, key);
  if (found !== '') return { [format]: found };
  const [wrong, fix] =
    secret === undefined
      ? [`there is no Secret ${name}`, `kubectl create secret generic -n ${namespace} ${name} --from-literal=${key}=…`]
      : [
          `the Secret ${name} has no key ${key}`,
          `correct spec.keystores.${format}.passwordSecretRef.key, or add the key`,
        ];
  return { problem: `The password of spec.keystores.${format} cannot be read: ${wrong}. To mend it: ${fix}.` };
}
