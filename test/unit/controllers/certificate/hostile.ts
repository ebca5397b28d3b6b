/** Worlds in which something goes wrong, for the tests of the whole controller. */

import type { AcmeClient } from '../../../../src/acme/index.ts';
import type { Network } from './memory/process.ts';
import type { World } from './memory/world.ts';

export const one = ['shop.example'];
export const two = ['shop.example', 'www.shop.example'];
export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;

/** Refuses every request of this name until `healed`. */
export function refuses(world: World, request: string, error: () => Error): { healed: boolean } {
  const state = { healed: false };
  world.carry = (call, send) => (call === request && !state.healed ? Promise.reject(error()) : send());
  return state;
}

export function countOf(world: World, call: string): number {
  return world.calls.filter((made) => made === call).length;
}

export const wired =
  (change: (ca: AcmeClient) => Partial<AcmeClient>) =>
  ({ client, acme }: Network): Network => ({
    client,
    acme: (access) => {
      const ca = acme(access);
      return { ...ca, ...change(ca) };
    },
  });
