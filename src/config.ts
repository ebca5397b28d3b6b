/**
 * Flags and environment into one frozen, validated configuration. Every default stands in the one table below, of which
 * the help text and docs/reference/flags.md are made too. Read by `main` alone; it touches no process.
 */
import {
  describeFlag,
  type Environment,
  type Flag,
  type FlagDescription,
  flag,
  matching,
  parseFlags,
  readFlag,
  wholeNumber,
} from './flags.ts';
import type { LogLevel } from './telemetry/index.ts';

const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

const kubernetesName = {
  value: 'NAME',
  expected: 'a Kubernetes name: lower-case letters, digits and dashes, at most 63',
  read: matching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/),
};
const path = { value: 'PATH', expected: 'a path', read: matching(/^[^\0]+$/) };
const port = { value: 'PORT', expected: 'a port from 1 to 65535', read: wholeNumber(1, 65_535) };

/** The one table: each flag, by the property of the configuration that it sets. */
const table = {
  namespace: flag({
    flag: 'namespace',
    variables: ['POD_NAMESPACE'],
    help: 'Namespace of Evercert itself: its Lease, its routes and the id of the installation are kept there.',
    ...kubernetesName,
  }),
  identity: flag({
    flag: 'identity',
    value: 'NAME',
    variables: ['POD_NAME'],
    help: 'What tells this replica from the others, in the Lease and in Events.',
    expected: 'at most 253 letters, digits, dots, dashes and underscores',
    read: matching(/^[A-Za-z0-9._-]{1,253}$/),
  }),
  podUID: flag<string | undefined>({
    flag: 'pod-uid',
    value: 'UID',
    variables: ['POD_UID'],
    optional: true,
    help: 'UID of the Pod that --identity names: the Lease that it holds is deleted with it.',
    expected: 'a UID',
    read: matching(/^[0-9a-f-]{36}$/),
  }),
  responderService: flag({
    flag: 'responder-service',
    fallback: 'evercert-responder',
    help: 'Service of the responder that routes lead to, in the namespace of the operator.',
    ...kubernetesName,
  }),
  responderPort: flag({ flag: 'responder-port', fallback: '80', help: 'Port of that Service.', ...port }),
  lease: flag({
    flag: 'lease',
    fallback: 'evercert-operator',
    help: 'Lease over which the operators elect the one that works.',
    ...kubernetesName,
  }),
  leaderElection: flag({
    flag: 'no-leader-election',
    fallback: 'false',
    help: 'Work without a Lease. Only where a single operator runs.',
    expected: 'true or false',
    read: (text) => (text === 'true' || text === 'false' ? text === 'false' : undefined),
  }),
  letsEncrypt: flag({
    flag: 'letsencrypt',
    fallback: 'false',
    help: "Make the ClusterIssuers letsencrypt-staging and letsencrypt where there are none of these names. Consents to Let's Encrypt's terms.",
    expected: 'true or false',
    read: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  }),
  letsEncryptEmail: flag<string | undefined>({
    flag: 'letsencrypt-email',
    value: 'ADDRESS',
    optional: true,
    help: 'The mail address of their accounts.',
    expected: 'one mail address, without mailto and without a name',
    read: matching(/^[^@\s,;:<>]+@[^@\s,;:<>]+$/),
  }),
  letsEncryptIngressClass: flag<string | undefined>({
    flag: 'letsencrypt-ingress-class',
    value: 'NAME',
    optional: true,
    help: 'The IngressClass that they prove names through; the default one where it is left out.',
    expected: 'the name of an IngressClass',
    read: matching(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/),
  }),
  port: flag({ flag: 'port', fallback: '8080', help: 'Port that challenges are answered on.', ...port }),
  drainSeconds: flag({
    flag: 'drain-seconds',
    value: 'SECONDS',
    fallback: '5',
    help: 'How long to go on answering after the signal to end, until every router has taken this replica out.',
    expected: 'whole seconds from 0 to 300',
    read: wholeNumber(0, 300),
  }),
  telemetryPort: flag({
    flag: 'telemetry-port',
    fallback: '9402',
    help: 'Port of /metrics, /healthz and /readyz.',
    ...port,
  }),
  kubeconfig: flag<string | undefined>({
    flag: 'kubeconfig',
    optional: true,
    help: 'kubeconfig file to use in place of the service account of the pod.',
    ...path,
  }),
  httpsProxy: flag<string | undefined>({
    flag: 'https-proxy',
    value: 'URL',
    variables: ['HTTPS_PROXY', 'https_proxy'],
    optional: true,
    help: 'Proxy on the way to the API server, where the kubeconfig names none. The CA and the names are asked without one.',
    expected: 'a URL or HOST:PORT',
    read: matching(/^\S+$/),
  }),
  noProxy: flag<string | undefined>({
    flag: 'no-proxy',
    value: 'HOSTS',
    variables: ['NO_PROXY', 'no_proxy'],
    optional: true,
    help: 'Hosts, domains, addresses and CIDRs that need no such proxy, separated by commas.',
    expected: 'a list',
    read: (text) => text,
  }),
  logLevel: flag({
    flag: 'log-level',
    value: 'LEVEL',
    fallback: 'info',
    help: `How much is logged: ${levels.join(', ')}; each includes those before it.`,
    expected: `one of ${levels.join(', ')}`,
    read: (text) => levels.find((level) => level === text),
  }),
};

/** The flags of each process, in the order of the help text. */
const properties = {
  operator: [
    'namespace',
    'identity',
    'podUID',
    'responderService',
    'responderPort',
    'lease',
    'leaderElection',
    'letsEncrypt',
    'letsEncryptEmail',
    'letsEncryptIngressClass',
    'telemetryPort',
    'kubeconfig',
    'httpsProxy',
    'noProxy',
    'logLevel',
  ],
  responder: ['namespace', 'port', 'drainSeconds', 'telemetryPort', 'kubeconfig', 'httpsProxy', 'noProxy', 'logLevel'],
} as const satisfies Record<string, readonly (keyof typeof table)[]>;

/** A process of the program. */
export type Process = keyof typeof properties;

/** Every process. */
export const processes = ['operator', 'responder'] as const satisfies readonly Process[];

/** What each process does, in half a sentence. */
export const summaries: Readonly<Record<Process, string>> = {
  operator: 'reconciles Certificates and issuers, their routes, and the reloads of workloads',
  responder: 'answers the HTTP-01 challenges of pending orders',
};

type Settings = {
  readonly [Key in keyof typeof table]: (typeof table)[Key] extends Flag<infer Value> ? Value : never;
};

/** What the operator runs with. */
export type OperatorConfig = Pick<Settings, (typeof properties)['operator'][number]>;

/** What a responder runs with. */
export type ResponderConfig = Pick<Settings, (typeof properties)['responder'][number]>;

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'operator'; readonly config: OperatorConfig }
  | { readonly kind: 'responder'; readonly config: ResponderConfig }
  /** A sentence for everything that is wrong, each naming its flag. */
  | { readonly kind: 'errors'; readonly errors: readonly string[] };

/**
 * Reads a command line: a flag comes before its variable `EVERCERT_<FLAG>`, that before the pod's own variable, that
 * before the default. An empty variable counts as absent.
 *
 * @param args what follows the name of the program.
 */
export function parseCommand(args: readonly string[], environment: Environment): Command {
  const process = processes.find((one) => one === args[0]);
  const flags = process === undefined ? [] : properties[process].map((property): Flag<unknown> => table[property]);
  const { given, errors } = parseFlags(process === undefined ? args : args.slice(1), flags, otherFlags(process));
  if (given.has('help') || args[0] === 'help') return { kind: 'help', text: helpText(process) };
  if (given.has('version')) return { kind: 'version' };
  if (process === undefined) return { kind: 'errors', errors: [noProcess(args[0])] };
  const reading = { given, environment, errors: [...errors] };
  const command: Command =
    process === 'operator'
      ? { kind: process, config: settings(properties[process], reading) }
      : { kind: process, config: settings(properties[process], reading) };
  return reading.errors.length > 0 ? { kind: 'errors', errors: reading.errors } : command;
}

/** The flags of a process, in the order of its help text. */
export function describeFlags(process: Process): readonly FlagDescription[] {
  return properties[process].map((property) => describeFlag(table[property]));
}

type Reading = Parameters<typeof readFlag>[1];

function settings<Property extends keyof Settings>(
  of: readonly Property[],
  reading: Reading,
): Pick<Settings, Property> {
  const entries = of.map((property) => [property, readFlag<unknown>(table[property], reading)]);
  return Object.freeze(Object.fromEntries(entries)) as Pick<Settings, Property>;
}

/** Each flag that the process does not have, with the process that has it. */
function otherFlags(process: Process | undefined): ReadonlyMap<string, string> {
  const others = processes.filter((one) => one !== process);
  return new Map(others.flatMap((other) => properties[other].map((property) => [table[property].flag, other])));
}

function noProcess(first: string | undefined): string {
  const said = first === undefined || first.startsWith('-') ? 'no process is named' : `"${first}" is no process`;
  return `${said}: start with ${processes.join(' or ')}; --help tells more`;
}

const examples: Readonly<Record<Process, string>> = {
  operator:
    'evercert operator --namespace=evercert --identity=here --kubeconfig=$HOME/.kube/config --no-leader-election',
  responder: 'evercert responder --namespace=evercert --port=8080 --kubeconfig=$HOME/.kube/config',
};

function helpText(process: Process | undefined): string {
  const shown = process === undefined ? processes : [process];
  return [
    'Evercert keeps TLS certificates on Kubernetes valid and makes sure that workloads really serve them.',
    '',
    `Usage: evercert ${process ?? 'PROCESS'} [flags]`,
    '',
    ...shown.flatMap((one) => [`${one}: ${summaries[one]}`, '', ...describeFlags(one).flatMap(flagLines)]),
    'Everywhere: --help, --version. A flag comes before its variables, those come before the default.',
    '',
    'Examples:',
    ...shown.map((one) => `  ${examples[one]}`),
    '',
  ].join('\n');
}

function flagLines({ usage, variables, fallback, help }: FlagDescription): readonly string[] {
  const from = fallback === undefined ? variables.join(', ') : `${variables.join(', ')}; default ${fallback}`;
  return [`  ${usage}`, `      ${help}`, `      (${from})`, ''];
}
