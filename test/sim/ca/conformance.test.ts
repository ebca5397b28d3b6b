import type { CaSetup } from '../../conformance/acme/ca-under-test.ts';
import { acmeConformance } from '../../conformance/acme/conformance.ts';
import { type CaOptions, pebble } from './index.ts';
import { simulatedCa } from './under-test.ts';

function optionsFor({ blocked, profiles, externalAccounts, alternates, reusesAuthorizations }: CaSetup): CaOptions {
  const usual = pebble.profiles['default'];
  if (usual === undefined) throw new Error('Pebble has a profile');
  return {
    ...pebble,
    blocked,
    alternates,
    reuse: { ...pebble.reuse, validAuthorizations: reusesAuthorizations },
    profiles: Object.fromEntries(Object.entries(profiles).map(([name, own]) => [name, { ...usual, ...own }])),
    externalAccounts: { required: externalAccounts !== undefined, keys: externalAccounts ?? {} },
  };
}

acmeConformance('the simulated CA', async (setup) => simulatedCa(optionsFor(setup)));
