import type { IssuerSpec } from './generated/issuer.ts';

/** One way to prove names, as an issuer lists it. */
export type Solver = NonNullable<IssuerSpec['acme']['solvers']>[number];

/** What an issuer without solvers has: an Ingress of the default IngressClass. */
const defaultSolver: Solver = { http01: { ingress: {} } };

/** How well a selector fits, compared from the first figure to the last. */
type Fit = readonly [exactName: number, zoneLabels: number, matchLabels: number];

/**
 * The solver for a name of a Certificate that has these labels; undefined where the issuer has solvers and none fits. As with
 * cert-manager an exact name beats a zone, a longer zone a shorter one, more labels fewer, and the first of equals wins.
 */
export function solverFor(
  solvers: readonly Solver[] | undefined,
  name: string,
  labels: Readonly<Record<string, string>>,
): Solver | undefined {
  if (solvers === undefined || solvers.length === 0) return defaultSolver;
  let best: { readonly solver: Solver; readonly fit: Fit } | undefined;
  for (const solver of solvers) {
    const fit = fitOf(solver, name, labels);
    if (fit !== undefined && (best === undefined || isBetter(fit, best.fit))) best = { solver, fit };
  }
  return best?.solver;
}

function fitOf({ selector }: Solver, name: string, labels: Readonly<Record<string, string>>): Fit | undefined {
  const { dnsNames = [], dnsZones = [], matchLabels = {} } = selector ?? {};
  const exact = dnsNames.some((one) => canonical(one) === name);
  if (dnsNames.length > 0 && !exact) return undefined;

  const zones = dnsZones.map(canonical).filter((zone) => name === zone || name.endsWith(`.${zone}`));
  if (dnsZones.length > 0 && zones.length === 0) return undefined;

  const demanded = Object.entries(matchLabels);
  if (demanded.some(([key, value]) => labels[key] !== value)) return undefined;
  return [Number(exact), Math.max(0, ...zones.map((zone) => zone.split('.').length)), demanded.length];
}

function isBetter(fit: Fit, than: Fit): boolean {
  const at = fit.findIndex((figure, index) => figure !== than[index]);
  return at >= 0 && (fit[at] ?? 0) > (than[at] ?? 0);
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** How the challenge path of a name is led to the responder. */
export type SolverKind = 'ingress' | 'ingress.name' | 'gatewayHTTPRoute' | 'external' | 'webroot';

/** The kind of a solver. */
export function solverKindOf({ http01 }: Solver): SolverKind {
  if (http01?.gatewayHTTPRoute !== undefined) return 'gatewayHTTPRoute';
  if (http01?.external !== undefined) return 'external';
  if (http01?.webroot !== undefined) return 'webroot';
  return http01?.ingress?.name === undefined ? 'ingress' : 'ingress.name';
}

/** Whether this version carries the solver out. Names of a solver that it does not get no route and stay unreached. */
export function isCarriedOut(solver: Solver): boolean {
  return solverKindOf(solver) === 'ingress';
}
