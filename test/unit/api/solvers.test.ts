import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCarriedOut, type Solver, solverFor, solverKindOf } from '../../../src/api/index.ts';

/** A solver that is told apart by its class. */
function solver(ingressClassName: string, selector?: Solver['selector']): Solver {
  return { http01: { ingress: { ingressClassName } }, ...(selector === undefined ? {} : { selector }) };
}

function classFor(solvers: readonly Solver[], name: string, labels: Record<string, string> = {}): string | undefined {
  return solverFor(solvers, name, labels)?.http01?.ingress?.ingressClassName;
}

describe('the solver for a name', () => {
  it('is an Ingress of the default class where the issuer has none', () => {
    for (const none of [undefined, []]) {
      assert.deepEqual(solverFor(none, 'www.example.com', {}), { http01: { ingress: {} } });
    }
  });

  it('is the first of those that fit equally well', () => {
    assert.equal(classFor([solver('a'), solver('b', {})], 'www.example.com'), 'a');
  });

  it('is that of the exact name, then of the longest zone, then of any name', () => {
    const solvers = [
      solver('any'),
      solver('zone', { dnsZones: ['example.com'] }),
      solver('longer', { dnsZones: ['shop.example.com'] }),
      solver('exact', { dnsNames: ['WWW.shop.example.com.'] }),
    ];
    assert.equal(classFor(solvers, 'www.shop.example.com'), 'exact');
    assert.equal(classFor(solvers, 'api.shop.example.com'), 'longer');
    assert.equal(classFor(solvers, 'example.com'), 'zone');
    assert.equal(classFor(solvers, 'notexample.com'), 'any');
  });

  it('has to have all labels of its selector on the Certificate, and more of them decide', () => {
    const solvers = [
      solver('any'),
      solver('one', { matchLabels: { team: 'shop' } }),
      solver('two', { matchLabels: { team: 'shop', stage: 'live' } }),
    ];
    assert.equal(classFor(solvers, 'www.example.com', { team: 'shop', stage: 'live' }), 'two');
    assert.equal(classFor(solvers, 'www.example.com', { team: 'shop' }), 'one');
    assert.equal(classFor(solvers, 'www.example.com', { team: 'mail' }), 'any');
  });

  it('has to fit in each part of its selector, and a zone decides before labels', () => {
    const solvers = [
      solver('any'),
      solver('labels', { matchLabels: { team: 'shop', stage: 'live' } }),
      solver('zone', { dnsZones: ['example.com'], matchLabels: { team: 'shop' } }),
      solver('both', { dnsNames: ['www.example.org'], dnsZones: ['example.com'] }),
    ];
    assert.equal(classFor(solvers, 'www.example.com', { team: 'shop', stage: 'live' }), 'zone');
    assert.equal(classFor(solvers, 'www.example.com', { team: 'mail' }), 'any');
    assert.equal(classFor(solvers, 'www.example.org', {}), 'any');
  });

  it('is none where the issuer has solvers and none fits', () => {
    assert.equal(solverFor([solver('zone', { dnsZones: ['example.com'] })], 'www.example.org', {}), undefined);
  });
});

describe('a solver', () => {
  it('is carried out where it makes an Ingress of its own', () => {
    const kinds: readonly (readonly [Solver, ReturnType<typeof solverKindOf>, boolean])[] = [
      [{ http01: { ingress: {} } }, 'ingress', true],
      [{ http01: { ingress: { class: 'nginx' } } }, 'ingress', true],
      [{ http01: { ingress: { name: 'www' } } }, 'ingress.name', false],
      [{ http01: { gatewayHTTPRoute: {} } }, 'gatewayHTTPRoute', false],
      [{ http01: { external: {} } }, 'external', false],
      [{ http01: { webroot: { path: '/var/www' } } }, 'webroot', false],
    ];
    for (const [one, kind, carriedOut] of kinds) {
      assert.equal(solverKindOf(one), kind);
      assert.equal(isCarriedOut(one), carriedOut, kind);
    }
  });
});
