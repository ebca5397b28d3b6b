import { after, beforeEach } from 'node:test';
import { generateKey } from '../../../src/pki/index.ts';
import { ScriptedCa } from '../../kit/scripted-ca.ts';

/** The key of an account at {@link ca}. */
export const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });

/** What an order for one name asks for. */
export const names = { identifiers: [{ type: 'dns', value: 'shop.example' }] } as const;

/** A CA of each test's own, in every file that imports it. */
export let ca: ScriptedCa;

const started: ScriptedCa[] = [];
beforeEach(async () => {
  ca = await ScriptedCa.start({ termsOfService: 'https://ca.example/terms' });
  started.push(ca);
});
after(() => {
  for (const each of started) each.close();
});
