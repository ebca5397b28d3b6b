import type { Cluster } from './cluster.ts';
import type { ComponentStatus } from './component.ts';
import type { Status } from './control.ts';

/** The status of clusters, for people. */
export function describeStatus(found: readonly { readonly cluster: Cluster; readonly status: Status }[]): string {
  if (found.length === 0) return 'No cluster runs.\n';
  return found.map(({ cluster, status: { components } }) => describeOne(cluster, components)).join('\n');
}

function describeOne({ name, state }: Cluster, components: readonly ComponentStatus[]): string {
  const memory = components.reduce((total, { bytes }) => total + bytes, 0);
  const rows = components.map(({ name: component, version, health, bytes, readyMs }) => [
    component,
    version,
    health,
    mebibytes(bytes),
    readyMs === undefined ? '' : `ready after ${(readyMs / 1000).toFixed(1)} s`,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const started = `started ${state.startedAt} in ${(state.startMs / 1000).toFixed(1)} s`;
  return [`${name}: ${started}, ${mebibytes(memory)}`, ...lines.map((line) => `  ${line}`), ''].join('\n');
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
