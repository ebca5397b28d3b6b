import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import {
  annotations,
  challengePath,
  labels,
  managedByValue,
  type Solver,
  solverFor,
  solverKindOf,
} from '../../api/index.ts';
import { keyOf } from '../../kube/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import { type Ingress, type IngressSpec, ingressDigest } from '../ingress-row.ts';
import type { IngressClassRow } from './ingress-class-row.ts';
import { presetOf } from './presets.ts';

/** Where routes stand and lead to. */
export interface Target {
  /** The operator's own namespace. */
  readonly namespace: string;
  /** The responders' Service in it. */
  readonly responderService: string;
  readonly responderPort: number;
  /** The public id of this installation. */
  readonly installation: string;
}

/** The IngressClasses of the cluster. */
export interface Classes {
  get(name: string): IngressClassRow | undefined;
  /** The class of an Ingress that names none. */
  default(): IngressClassRow | undefined;
}

/** An Ingress that is to be, and the digest that its row has once it is. */
export interface WantedRoute {
  readonly key: string;
  readonly object: Ingress;
  readonly digest: string;
  /** Few names need it beside the first: it is made at a pace ({@link Preset}), and after the first of the others. */
  readonly isSecond: boolean;
}

/** Names that are solved alike. */
interface Group {
  /** Distinguishes the groups of one Certificate. */
  readonly id: string;
  readonly className: string | undefined;
  /** The class stands in the annotation that came before `spec.ingressClassName`. */
  readonly byAnnotation: boolean;
  readonly controller: string | undefined;
  readonly template: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
  readonly names: string[];
}

/**
 * The Ingress objects of a Certificate: for each class its names that an `ingress` solver is for, times the challenge path;
 * second ones last. Names of other solvers get none.
 */
export function wantedRoutes(
  certificate: CertificateRow,
  solvers: readonly Solver[] | undefined,
  classes: Classes,
  target: Target,
): WantedRoute[] {
  const groups = groupsOf(certificate, solvers, classes);
  const routes = groups.flatMap((group) => {
    const base = `evercert-${certificate.uid}${groups.length === 1 ? '' : `-${group.id}`}`;
    const hosts = group.names.filter((name) => isIP(name) === 0);
    const rendering = { certificate, group, target };
    return [
      ...(hosts.length === 0 ? [] : render(rendering, base, hosts)),
      // An Ingress cannot name an address as its host: a rule for every host, which must not come before others' rules.
      ...(hosts.length === group.names.length ? [] : render(rendering, `${base}-ip`, undefined)),
    ];
  });
  return routes.toSorted((a, b) => Number(a.isSecond) - Number(b.isSecond));
}

function groupsOf(certificate: CertificateRow, solvers: readonly Solver[] | undefined, classes: Classes): Group[] {
  const groups = new Map<string, Group>();
  for (const name of certificate.names) {
    const solver = solverFor(solvers, name, certificate.labels);
    if (solver === undefined || solverKindOf(solver) !== 'ingress') continue;
    const group = groupOf(solver, classes);
    const known = groups.get(group.id);
    if (known === undefined) groups.set(group.id, { ...group, names: [name] });
    else known.names.push(name);
  }
  return [...groups.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function groupOf({ http01 }: Solver, classes: Classes): Group {
  const { ingressClassName, class: annotated, ingressTemplate } = http01?.ingress ?? {};
  const named = ingressClassName ?? annotated;
  const found = named === undefined ? classes.default() : classes.get(named);
  const content = {
    className: named ?? found?.name,
    byAnnotation: ingressClassName === undefined && annotated !== undefined,
    template: {
      labels: { ...ingressTemplate?.metadata?.labels },
      annotations: { ...ingressTemplate?.metadata?.annotations },
    },
  };
  const id = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 8);
  return { ...content, id, controller: found?.controller, names: [] };
}

interface Rendering {
  readonly certificate: CertificateRow;
  readonly group: Group;
  readonly target: Target;
}

function render({ certificate, group, target }: Rendering, base: string, hosts?: readonly string[]): WantedRoute[] {
  const { byAnnotation, className, controller, template } = group;
  const preset = presetOf(controller);
  return preset.objects.map(({ suffix, annotations: own, isSecond = false }) => {
    const metadata = {
      name: `${base}${suffix}`,
      namespace: target.namespace,
      labels: {
        ...template.labels,
        [labels.managedBy]: managedByValue,
        [labels.certificateUID]: certificate.uid,
        [labels.installation]: target.installation,
      },
      annotations: {
        ...template.annotations,
        ...own,
        ...(hosts === undefined ? {} : preset.precedence),
        ...(byAnnotation && className !== undefined ? { 'kubernetes.io/ingress.class': className } : {}),
        [annotations.certificateName]: certificate.name,
        [annotations.certificateNamespace]: certificate.namespace,
      },
    };
    const spec = specOf(byAnnotation ? undefined : className, hosts, target);
    return {
      key: keyOf(metadata),
      object: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec },
      digest: ingressDigest({ labels: metadata.labels, annotations: metadata.annotations, spec }),
      isSecond,
    };
  });
}

function specOf(className: string | undefined, hosts: readonly string[] | undefined, target: Target): IngressSpec {
  const { responderService, responderPort } = target;
  const backend = { service: { name: responderService, port: { number: responderPort } } };
  const http = { paths: [{ path: challengePath, pathType: 'Prefix', backend }] } as const;
  return {
    ...(className === undefined ? {} : { ingressClassName: className }),
    rules: hosts === undefined ? [{ http }] : hosts.map((host) => ({ host, http })),
  };
}
