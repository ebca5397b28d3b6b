import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { runHelm } from '../../../build/generate/helm.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
/** The chart's folder. */
export const chart = join(repository, 'charts', 'evercert');

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { name: string; value?: string }[];
  readonly ports: readonly { name: string; containerPort: number }[];
  readonly resources: { requests: Record<string, string>; limits: Record<string, string> };
  readonly securityContext: Record<string, unknown>;
  readonly livenessProbe: { httpGet: unknown };
  readonly readinessProbe: { httpGet: unknown };
  readonly startupProbe: { httpGet: unknown };
}

export interface PodSpec {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Record<string, unknown>;
  readonly containers: readonly [Container, ...Container[]];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly object[];
  readonly terminationGracePeriodSeconds: number;
  readonly topologySpreadConstraints: readonly { topologyKey: string; whenUnsatisfiable: string }[];
  readonly [other: string]: unknown;
}

/** What the tests read of an object; each reads only fields that its kind has. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly automountServiceAccountToken?: boolean;
  readonly rules: readonly Rule[];
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly name: string; readonly namespace: string }[];
  readonly spec: {
    readonly replicas: number;
    readonly strategy: unknown;
    readonly selector: { readonly matchLabels: Record<string, string>; readonly [label: string]: unknown };
    readonly template: { readonly metadata: Manifest['metadata']; readonly spec: PodSpec };
    readonly maxUnavailable?: unknown;
    readonly minAvailable?: unknown;
    readonly ipFamilyPolicy?: string;
    readonly ports: readonly { name: string; port: number; targetPort: string }[];
    readonly [other: string]: unknown;
  };
}

/** The objects of a YAML stream. Throws on whatever YAML warns of, such as a key that stands twice. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    const object: unknown = document.toJS();
    // the assertions of the tests are the check of its shape
    return object === null ? [] : [object as Manifest];
  });
}

/** Renders the chart as `helm template` does, under the release name and namespace of the documentation. */
export async function render(
  values: readonly string[] = [],
  release = 'evercert',
  folder = chart,
): Promise<Manifest[]> {
  const settings = values.flatMap((value) => ['--set-json', value]);
  return parseManifests(await runHelm(['template', release, folder, '--namespace', 'evercert', ...settings]));
}

/** The one object of a kind and name. Throws when there is none, or more than one. */
export function only(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const [found, second] = manifests.filter((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined || second !== undefined) throw new Error(`not one ${kind} ${name}`);
  return found;
}
