/** The chart's copy of the CRDs, and the plain manifests that it renders to. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runHelm } from './helm.ts';
import type { Output } from './output.ts';

const folder = 'charts/evercert';

/**
 * Copies every CRD into the chart, because a chart has to hold all that it installs, and renders the chart with its
 * default values. `made` are CRDs of this run, which go before what lies in crds/.
 */
export async function chart(root: string, made: readonly Output[]): Promise<readonly Output[]> {
  const copies = crdTexts(root, made).map(([name, text]) => ({ path: `${folder}/files/crds/${name}`, text }));
  return [...copies, { path: 'deploy/install.yaml', text: await rendering(root, copies) }];
}

function crdTexts(root: string, made: readonly Output[]): [name: string, text: string][] {
  const crds = join(root, 'crds');
  const texts = new Map(readdirSync(crds).map((name) => [name, readFileSync(join(crds, name), 'utf8')]));
  for (const { path, text } of made) if (path.startsWith('crds/')) texts.set(basename(path), text);
  return [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Renders a copy of the chart that holds the CRDs as they are to be, so that one run makes everything. */
async function rendering(root: string, copies: readonly Output[]): Promise<string> {
  const temporary = mkdtempSync(join(tmpdir(), 'evercert-chart-'));
  try {
    const copy = join(temporary, 'evercert');
    cpSync(join(root, folder), copy, { recursive: true });
    rmSync(join(copy, 'files/crds'), { recursive: true, force: true });
    mkdirSync(join(copy, 'files/crds'), { recursive: true });
    for (const { path, text } of copies) writeFileSync(join(copy, 'files/crds', basename(path)), text);
    return `${head}${withoutHelm(await runHelm(['template', 'evercert', copy, '--namespace', 'evercert']))}`;
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

const head = `# Evercert with the default values of charts/evercert, from which this file is made (npm run generate):
#   kubectl apply --server-side -f deploy/install.yaml
apiVersion: v1
kind: Namespace
metadata:
  name: evercert
  labels:
    app.kubernetes.io/name: evercert
    pod-security.kubernetes.io/enforce: restricted
`;

/** Helm does not manage what kubectl applies, so its two labels would not be true; comments of template files say nothing here. */
function withoutHelm(manifests: string): string {
  return manifests
    .replaceAll(/^ +(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n/gm, '')
    .replaceAll(/^# Source: .*\n/gm, '')
    .replaceAll(/\n{2,}(?=---\n|$)/g, '\n');
}
