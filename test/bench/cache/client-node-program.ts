/**
 * The peer: informers as the documentation of `@kubernetes/client-node` makes them, started again when they fail. They hold
 * whole objects, since its watch cannot ask for metadata alone. Secrets are listed in pages: 100,000 in one answer are more
 * than a string can hold.
 */
import {
  CoreV1Api,
  CustomObjectsApi,
  type Informer,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
  type V1SecretList,
} from '@kubernetes/client-node';
import { labels } from '../../../src/api/index.ts';
import type { Progress } from './client-node.ts';

const restartMs = 1_000;
const pageSize = 500;
const sendEvery = 100;

const config = new KubeConfig();
config.loadFromFile(process.argv[2] ?? '');
const custom = config.makeApiClient(CustomObjectsApi);
const core = config.makeApiClient(CoreV1Api);

const lists = { certificates: 0, secrets: 0 };
let changes = 0;

function report(): void {
  const least = Math.min(lists.certificates, lists.secrets);
  const progress: Progress = { kind: 'progress', isSynced: least > 0, changes, lists: least };
  process.send?.(progress);
}

/** Follows a kind. A list counts once the informer has taken it in, which it does in the turn in which it gets it. */
function follow<T extends KubernetesObject>(
  kind: keyof typeof lists,
  make: (
    counted: (list: () => Promise<KubernetesListObject<T>>) => () => Promise<KubernetesListObject<T>>,
  ) => Informer<T>,
): void {
  const informer = make((list) => async () => {
    const objects = await list();
    setImmediate(() => {
      lists[kind] += 1;
      report();
    });
    return objects;
  });
  informer.on('update', () => {
    changes += 1;
    if (changes % sendEvery === 0) report();
  });
  informer.on('error', () => setTimeout(() => void informer.start(), restartMs));
  void informer.start();
}

const [group, version, plural] = ['evercert.dev', 'v1', 'certificates'];
follow('certificates', (counted) =>
  makeInformer(
    config,
    `/apis/${group}/${version}/${plural}`,
    counted(async () => {
      // the API knows nothing of the type of a custom object
      return (await custom.listClusterCustomObject({
        group,
        version,
        plural,
      })) as KubernetesListObject<KubernetesObject>;
    }),
  ),
);

const tokenName = '_continue';
const tokenOf = ({ metadata }: V1SecretList): string | undefined => metadata?.[tokenName];
const labelSelector = labels.certificateUID;
follow('secrets', (counted) =>
  makeInformer(
    config,
    '/api/v1/secrets',
    counted(async () => {
      const first = await core.listSecretForAllNamespaces({ labelSelector, limit: pageSize });
      for (let token = tokenOf(first); token !== undefined; ) {
        const page = await core.listSecretForAllNamespaces({ labelSelector, limit: pageSize, [tokenName]: token });
        first.items.push(...page.items);
        token = tokenOf(page);
      }
      return first;
    }),
    labelSelector,
  ),
);
