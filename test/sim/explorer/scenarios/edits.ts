import { clusterIssuer } from '../../world/objects.ts';
import type { Scenario } from './scenario.ts';
import { ask, issued, one, orderRecorded, three } from './shop.ts';

/** Edits of the spec. */
export const edits: Readonly<Record<string, Scenario>> = {
  'spec-change': {
    what: 'two names added to a certificate at rest',
    before: issued,
    act: (world) => ask(world, three),
    certificates: 1,
  },
  'spec-change-ordered': {
    what: 'two names added right after the order was recorded',
    act: (world) => ask(world, one),
    meanwhile: { when: orderRecorded, act: (world) => ask(world, three) },
    certificates: 1,
  },
  'spec-change-finalized': {
    what: 'two names added right after the order was finalized',
    act: (world) => ask(world, one),
    meanwhile: { when: (call) => call === 'finalize', act: (world) => ask(world, three) },
    certificates: 2,
  },
  'spec-change-and-back': {
    what: 'two names added and taken away again while the order is pending',
    act: (world) => ask(world, one),
    meanwhile: {
      when: orderRecorded,
      act: async (world) => {
        await ask(world, three);
        await ask(world, one);
      },
    },
    certificates: 1,
  },
  'issuer-change': {
    what: 'another issuer for a certificate at rest',
    before: async (world) => {
      await world.apply(...clusterIssuer('other'));
      await issued(world);
    },
    act: (world) => ask(world, one, { issuerRef: { name: 'other', kind: 'ClusterIssuer' } }),
    certificates: 1,
  },
  'secret-change': {
    what: 'another Secret for a certificate at rest',
    before: issued,
    act: (world) => ask(world, one, { secretName: 'other-tls' }),
    certificates: 0,
  },
};
