/** Whether a fleet that its CA wants to be renewed at once is replaced at the pace that the CA allows, unnoticed by clients. */
import type { Benchmark } from '../benchmark.ts';
import { surroundings } from '../issuance/surroundings.ts';
import { evercert } from './evercert.ts';
import { figures } from './figures.ts';
import { Fleet } from './fleet.ts';

/** `npm run bench -- fleet`. */
export const fleet: Benchmark = {
  name: 'fleet',
  what: 'A fleet whose CA asks for its renewal at once, while clients shake hands with every name.',
  ground: 'node',
  cases: [
    {
      name: 'ari-300',
      what: '300 certificates whose renewal window (RFC 9773) is moved into the past; the CA allows 10 orders in 2 s.',
      rounds: 1,
      cold: true,
    },
  ],
  figures,
  subjects: async () => [evercert(await Fleet.open(await surroundings()))],
};
