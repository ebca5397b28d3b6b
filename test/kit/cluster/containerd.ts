import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listens } from './checks.ts';
import type { Components } from './component.ts';
import { execute } from './execute.ts';
import { pauseImage } from './images.ts';
import type { ClusterSpec, Layout } from './spec.ts';

export function containerdSocket({ folder }: Layout): string {
  return join(folder, 'containerd.sock');
}

/** Starts containerd with the bridge network, and imports the images. */
export async function startContainerd(spec: ClusterSpec, layout: Layout, components: Components): Promise<void> {
  const config = join(layout.folder, 'containerd.toml');
  const networks = join(layout.folder, 'cni');
  await mkdir(networks);
  await writeFile(join(networks, '10-pods.conflist'), JSON.stringify(podNetwork(layout)));
  await writeFile(config, configuration(spec, layout, networks));
  const said = await execute('containerd', ['--version']);
  await components.start({
    name: 'containerd',
    version: said.split(' ')[2] ?? '',
    command: ['containerd', '--config', config],
    isReady: () => listens({ path: containerdSocket(layout) }),
  });
  for (const image of spec.images) {
    await execute('ctr', ['--address', containerdSocket(layout), '--namespace', 'k8s.io', 'images', 'import', image]);
  }
}

/** Version 2 of the format is read by containerd 1.6, 1.7 and 2. */
function configuration({ cniFolder }: ClusterSpec, layout: Layout, networks: string): string {
  const state = join(layout.folder, 'containerd');
  const text = (value: string): string => JSON.stringify(value);
  return `version = 2
root = ${text(join(state, 'root'))}
state = ${text(join(state, 'state'))}
oom_score = 0

[grpc]
  address = ${text(containerdSocket(layout))}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(state, 'opt'))}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(pauseImage)}
  # Processes that may not lower their OOM score could start no pod otherwise.
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${text(cniFolder)}
  conf_dir = ${text(networks)}

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
`;
}

function podNetwork({ folder }: Layout): object {
  const bridge = {
    type: 'bridge',
    bridge: 'cni0',
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: {
      type: 'host-local',
      dataDir: join(folder, 'cni-addresses'),
      ranges: [[{ subnet: '10.244.0.0/24' }]],
      routes: [{ dst: '0.0.0.0/0' }],
    },
  };
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true } }],
  };
}
