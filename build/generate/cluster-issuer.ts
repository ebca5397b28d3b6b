import { readFileSync } from 'node:fs';
import type { Output } from './output.ts';

/** What tells a ClusterIssuer from an Issuer. Each has to be found exactly once. */
const differences: readonly (readonly [issuer: string, clusterIssuer: string])[] = [
  ['name: issuers.evercert.dev\n', 'name: clusterissuers.evercert.dev\n'],
  ['scope: Namespaced\n', 'scope: Cluster\n'],
  ['plural: issuers\n', 'plural: clusterissuers\n'],
  ['singular: issuer\n', 'singular: clusterissuer\n'],
  ['kind: Issuer\n', 'kind: ClusterIssuer\n'],
  ['listKind: IssuerList\n', 'listKind: ClusterIssuerList\n'],
  ['shortNames: [eviss]\n', 'shortNames: [evciss]\n'],
];

/** The CRD of the ClusterIssuer: that of the Issuer under another name, for every namespace. */
export function clusterIssuer(crds: string): Output {
  const issuer = readFileSync(`${crds}/issuers.yaml`, 'utf8');
  const crd = issuer.slice(issuer.indexOf('apiVersion:'));
  const text = differences.reduce((before, [from, to]) => {
    if (before.split(` ${from}`).length !== 2) throw new Error(`crds/issuers.yaml has to say ${from.trim()} once`);
    return before.replace(` ${from}`, ` ${to}`);
  }, crd);
  return {
    path: 'crds/clusterissuers.yaml',
    text: `# Made from crds/issuers.yaml by npm run generate; edit the schema there.\n${text}`,
  };
}
