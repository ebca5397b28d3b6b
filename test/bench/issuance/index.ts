/** Issuances of Evercert beside a bare ACME client, at the same CA and behind the same ingress controller. */
import type { Benchmark } from '../benchmark.ts';
import { cases } from './cases.ts';
import { evercert } from './evercert.ts';
import { figures } from './figures.ts';
import { floor } from './floor.ts';
import { surroundings } from './surroundings.ts';

/** `npm run bench -- issuance`. */
export const issuance: Benchmark = {
  name: 'issuance',
  what: 'From a Certificate to its Secret, beside a bare ACME client.',
  ground: 'node',
  cases,
  figures,
  async subjects() {
    const world = await surroundings();
    return [await evercert(world), await floor(world)];
  },
};
