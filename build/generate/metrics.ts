import { createMetrics, type MetricDescription } from '../../src/telemetry/index.ts';
import type { Output } from './output.ts';

/** docs/reference/metrics.md: every metric of the registry, with its type, labels and help. */
export function metrics(): Output {
  const all = createMetrics().describe();
  const text = [
    '<!-- Made from src/telemetry/metrics.ts by npm run generate; edit the help there. -->',
    '# Metrics',
    '',
    'Both processes serve them at `/metrics` on the telemetry port (9402, named `metrics`); those that belong to the other',
    'process stay at 0 or without a series. No metric has a label with the name of a Certificate or a host, so their number does not',
    'grow with the fleet; per namespace and issuer there is the earliest expiry.',
    '',
    ...table(all.filter(({ name }) => name.startsWith('evercert_'))),
    '## Of Node.js and the process',
    '',
    ...table(all.filter(({ name }) => !name.startsWith('evercert_'))),
  ].join('\n');
  return { path: 'docs/reference/metrics.md', text };
}

function table(metricsOfOne: readonly MetricDescription[]): string[] {
  return [
    '| Metric | Type | Labels | What it tells |',
    '| --- | --- | --- | --- |',
    ...metricsOfOne.map(({ name, type, labels, help }) => {
      return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
    }),
    '',
  ];
}
