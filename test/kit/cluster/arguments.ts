import { parseArgs } from 'node:util';
import type { Parts } from './spec.ts';

export const usage = `A real Kubernetes cluster on this machine, in private namespaces, with an ACME server and an ingress controller.

Usage: npm run cluster -- COMMAND [options]

  up                start a cluster and leave it running
  run -- CMD...     start a cluster with Evercert installed, run CMD inside it, take it down; exits as CMD did
  exec -- CMD...    run CMD inside a running cluster
  shell             open a shell inside a running cluster
  status            show what runs, and whether it is well
  down              take a running cluster down

Options:
  --name NAME           the cluster's name; several can run side by side   (default evercert)
  --control-plane       no node: etcd, kube-apiserver and a few controllers alone, ready in about 3 s
  --with LIST           with --control-plane: pebble, traefik or both, separated by a comma
                        with up: evercert, to have it installed
  --without-evercert    with run: the bare cluster
  --json                with status: for programs
  --help

CMD finds kubectl, helm and Node 24 on its PATH, and in its environment: KUBECONFIG, AUDIT_LOG; with Pebble
ACME_DIRECTORY, ACME_CA_FILE (verifies the directory's HTTPS), ACME_ROOT_FILE (the root of what it issues),
DNS_MANAGEMENT, PEBBLE_MANAGEMENT; with Traefik INGRESS_IP, INGRESS_CLASS, INGRESS_METRICS.

Examples:
  npm run cluster -- up && npm run cluster -- shell
  npm run cluster -- run -- sh -c 'kubectl apply -f examples/embedded/ && kubectl get evcert -A'
  npm run cluster -- run --control-plane --with pebble,traefik -- node --test 'test/integration/**/*.test.ts'
  npm run cluster -- down
`;

const commands = ['up', 'run', 'exec', 'shell', 'status', 'down'] as const;

export interface Arguments {
  readonly action: (typeof commands)[number] | 'help';
  readonly name: string;
  readonly parts: Parts;
  /** What to run inside. */
  readonly command: readonly string[];
  readonly json: boolean;
}

/** Reads the command line. Throws an Error that says what is wrong with it. */
export function readArguments(argv: readonly string[]): Arguments {
  const separator = argv.indexOf('--');
  const own = separator === -1 ? argv : argv.slice(0, separator);
  const command = separator === -1 ? [] : argv.slice(separator + 1);
  const { values, positionals } = parseArgs({
    args: [...own],
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'evercert' },
      'control-plane': { type: 'boolean', default: false },
      with: { type: 'string', default: '' },
      'without-evercert': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [action, unexpected] = positionals;
  const { name, json } = values;
  const none = { node: false, pebble: false, traefik: false, evercert: false };
  if (values.help) return { action: 'help', name, parts: none, command, json };
  if (!isCommand(action) || unexpected !== undefined) {
    throw new Error(`say one of ${commands.join(', ')}, and what to run after --; --help says more`);
  }
  if ((action === 'run' || action === 'exec') && command.length === 0) {
    throw new Error(`${action} needs a command to run, after --`);
  }
  const wanted = values.with.split(',').filter((part) => part !== '');
  return { action, name, json, command, parts: partsOf(action, wanted, values) };
}

function partsOf(
  action: string,
  wanted: readonly string[],
  options: { readonly 'control-plane': boolean; readonly 'without-evercert': boolean },
): Parts {
  const allowed = options['control-plane'] ? ['pebble', 'traefik'] : ['evercert'];
  const unknown = wanted.filter((part) => !allowed.includes(part));
  if (unknown.length > 0) {
    throw new Error(
      `--with ${unknown.join(',')}: ${options['control-plane'] ? 'a control plane' : 'a node'} takes ${allowed.join(', ')}`,
    );
  }
  const has = (part: string): boolean => wanted.includes(part);
  if (options['control-plane']) return { node: false, pebble: has('pebble'), traefik: has('traefik'), evercert: false };
  const evercert = has('evercert') || (action === 'run' && !options['without-evercert']);
  return { node: true, pebble: true, traefik: true, evercert };
}

function isCommand(word: string | undefined): word is (typeof commands)[number] {
  return commands.some((command) => command === word);
}
