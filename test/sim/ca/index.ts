/** An ACME CA in memory, on virtual time and seeded randomness; a conformance suite holds it to real ones. */
export { SimulatedCa } from './ca.ts';
export type { Misbehaviour } from './misbehaviour.ts';
export { type CaOptions, letsEncrypt, pebble, strict } from './options.ts';
