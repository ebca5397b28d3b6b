import { annotations } from '../../api/index.ts';

/** The part of a pod template that tells what it consumes and where it serves TLS. */
export interface PodTemplate {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: PodSpec;
}

interface PodSpec {
  readonly volumes?: readonly Volume[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface Volume {
  readonly secret?: { readonly secretName?: string };
  readonly projected?: { readonly sources?: readonly { readonly secret?: { readonly name?: string } }[] };
}

interface Container {
  readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: { readonly name?: string } } }[];
  readonly envFrom?: readonly { readonly secretRef?: { readonly name?: string } }[];
  readonly ports?: readonly ContainerPort[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
}

interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
}

interface Probe {
  readonly httpGet?: { readonly scheme?: string; readonly port: number | string };
}

const tlsPortNames = new Set(['https', 'tls']);
const tlsPortNumbers = new Set([443, 8443]);

/**
 * Names of the Secrets that pods of this template read: volumes, projected sources, `env` and `envFrom` of containers and
 * init containers. Sorted, without repeats. Optional references count, because they are read all the same.
 * `imagePullSecrets` do not: no process serves them.
 */
export function consumedSecrets(template: PodTemplate): readonly string[] {
  const { volumes = [], containers = [], initContainers = [] } = template.spec ?? {};
  const names = [
    ...volumes.flatMap(secretsOfVolume),
    ...[...initContainers, ...containers].flatMap(secretsOfContainer),
  ];
  return [...new Set(names.filter((name): name is string => name !== undefined && name !== ''))].toSorted();
}

function secretsOfVolume({ secret, projected }: Volume): (string | undefined)[] {
  return [secret?.secretName, ...(projected?.sources ?? []).map((source) => source.secret?.name)];
}

function secretsOfContainer({ env = [], envFrom = [] }: Container): (string | undefined)[] {
  return [...env.map((one) => one.valueFrom?.secretKeyRef?.name), ...envFrom.map((one) => one.secretRef?.name)];
}

/**
 * The port on which pods of this template serve TLS, where it is plain: the annotation `evercert.dev/tls-port`; else the
 * port of a readiness, liveness or startup probe with the scheme HTTPS; else a declared container port that is named
 * `https` or `tls`, or numbered 443 or 8443. `undefined`: the pods cannot be probed.
 */
export function tlsPort(template: PodTemplate): number | undefined {
  const containers = template.spec?.containers ?? [];
  return (
    portNumber(Number(template.metadata?.annotations?.[annotations.tlsPort])) ??
    firstOf(containers, probedPort) ??
    firstOf(containers, ({ ports = [] }) => ports.find(({ name }) => tlsPortNames.has(name ?? ''))?.containerPort) ??
    firstOf(containers, ({ ports = [] }) => ports.find((port) => tlsPortNumbers.has(port.containerPort))?.containerPort)
  );
}

function probedPort({ readinessProbe, livenessProbe, startupProbe, ports = [] }: Container): number | undefined {
  const port = [readinessProbe, livenessProbe, startupProbe].find((probe) => probe?.httpGet?.scheme === 'HTTPS')
    ?.httpGet?.port;
  return typeof port === 'string' ? ports.find(({ name }) => name === port)?.containerPort : port;
}

function portNumber(value: number): number | undefined {
  return Number.isInteger(value) && value >= 1 && value <= 65_535 ? value : undefined;
}

function firstOf<T>(containers: readonly Container[], find: (container: Container) => T | undefined): T | undefined {
  for (const container of containers) {
    const found = find(container);
    if (found !== undefined) return found;
  }
  return undefined;
}
