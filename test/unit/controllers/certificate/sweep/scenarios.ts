import { secrets } from '../../../../../src/kube/index.ts';
import type { CaOptions } from '../../../../sim/ca/index.ts';
import { shopSecret, type World } from './world.ts';

/** What a user does, and what has to come of it. */
export interface Scenario {
  readonly name: string;
  /** How the CA differs from the strict one. */
  readonly ca?: Partial<CaOptions>;
  /** What stands before; nothing unless told. */
  readonly before?: (world: World) => Promise<void>;
  readonly act: (world: World) => void;
  /** What the user does meanwhile, right after the first call for which `when` holds. */
  readonly meanwhile?: { readonly when: (call: string, world: World) => boolean; readonly act: (world: World) => void };
  /** How many certificates may be issued for it at most. */
  readonly certificates: number;
}

const one = ['shop.example'];
const three = ['a.shop.example', 'b.shop.example', 'shop.example'];

async function issued(world: World, names: readonly string[]): Promise<void> {
  world.apply(names);
  await world.settleAlone();
  await world.advanceAlone(3_600_000);
}

/** The scenarios that differ in their steps. */
export const distinct: readonly Scenario[] = [
  { name: 'a first certificate for three names', act: (world) => world.apply(three), certificates: 1 },
  {
    name: 'a renewal asked for by annotation',
    before: (world) => issued(world, one),
    act: (world) => world.renew(),
    certificates: 1,
  },
  {
    name: 'a name added right after the order was recorded',
    act: (world) => world.apply(one),
    meanwhile: {
      when: (_, { certificate }) => certificate.status.order !== undefined,
      act: (world) => world.apply(three),
    },
    certificates: 1,
  },
  {
    name: 'a name added right after the order was finalized',
    act: (world) => world.apply(one),
    meanwhile: { when: (call) => call === 'finalize', act: (world) => world.apply(three) },
    certificates: 2,
  },
  {
    name: 'a Secret that was deleted',
    before: (world) => issued(world, one),
    act: (world) => world.cluster.delete(secrets, shopSecret),
    certificates: 1,
  },
];

/** Every scenario; these two add no step of their own, only other numbers of names. */
export const scenarios: readonly Scenario[] = [
  { name: 'a first certificate for one name', act: (world) => world.apply(one), certificates: 1 },
  {
    name: 'a name added to a certificate at rest',
    before: (world) => issued(world, one),
    act: (world) => world.apply(three),
    certificates: 1,
  },
  ...distinct,
];
