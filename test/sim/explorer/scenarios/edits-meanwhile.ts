import { clusterIssuer } from '../../world/objects.ts';
import type { World } from '../../world/world.ts';
import type { Scenario } from './scenario.ts';
import { ask, one, orderRecorded, three } from './shop.ts';

/** The stages of a first issuance at whose end the spec is edited: after the call of that name. */
const stages = {
  intent: 'right after the key was stored',
  placed: 'right after the order was placed, before it is recorded',
  recorded: 'right after the order was recorded',
  answered: 'right after a challenge was answered',
  finalized: 'right after the order was finalized',
  downloaded: 'right after the certificate was downloaded',
  stored: 'right after the Secret was written, before the status tells of it',
} as const;

type Stage = keyof typeof stages;

const ends: Readonly<Record<Stage, (call: string, world: World) => boolean>> = {
  intent: (call) => call.includes('secrets web/evercert-archive-'),
  placed: (call) => call === 'newOrder',
  recorded: orderRecorded,
  answered: (call) => call === 'answer',
  finalized: (call) => call === 'finalize',
  downloaded: (call) => call === 'certificate',
  stored: (call) => call.endsWith('secrets web/shop-tls'),
};

/** What the user changes the spec to, from one name, the issuer `ca`, a key of ECDSA P-256 and the Secret `shop-tls`. */
const edits = {
  names: { what: 'two names added', make: (world: World) => ask(world, three) },
  issuer: {
    what: 'another issuer named',
    make: (world: World) => ask(world, one, { issuerRef: { name: 'other', kind: 'ClusterIssuer' } }),
  },
  key: {
    what: 'another kind of key asked for',
    make: (world: World) => ask(world, one, { privateKey: { algorithm: 'ECDSA', size: 384 } }),
  },
  secret: { what: 'another Secret named', make: (world: World) => ask(world, one, { secretName: 'other-tls' }) },
  back: {
    what: 'two names added and taken away again',
    make: async (world: World) => {
      await ask(world, three);
      await ask(world, one);
    },
  },
} as const;

/** Which edits are made when, and how many certificates may come of it. */
const cases: readonly (readonly [edit: keyof typeof edits, stage: Stage, certificates: number])[] = [
  ['names', 'intent', 1],
  ['names', 'placed', 1],
  ['names', 'answered', 1],
  ['names', 'downloaded', 2],
  ['names', 'stored', 2],
  ['issuer', 'recorded', 1],
  ['issuer', 'finalized', 2],
  ['issuer', 'stored', 2],
  ['key', 'recorded', 1],
  ['key', 'stored', 2],
  ['secret', 'recorded', 1],
  ['secret', 'downloaded', 1],
  ['secret', 'stored', 1],
  ['back', 'placed', 1],
  ['back', 'finalized', 1],
  ['back', 'stored', 1],
];

/** Edits of the spec at each stage of a first issuance. */
export const editsMeanwhile: Readonly<Record<string, Scenario>> = Object.fromEntries(
  cases.map(([edit, stage, certificates]): [string, Scenario] => [
    `edit-${edit}-${stage}`,
    {
      what: `${edits[edit].what} ${stages[stage]}`,
      // Ready before anything breaks: an edit that names it says otherwise that it is not, in one write more.
      before: async (world) => {
        await world.apply(...clusterIssuer('other'));
        await world.settle();
      },
      act: (world) => ask(world, one),
      meanwhile: { when: ends[stage], act: edits[edit].make },
      certificates,
    },
  ]),
);
