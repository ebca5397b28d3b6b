import { describeFlags, type Process, processes, summaries } from '../../src/config.ts';
import type { Output } from './output.ts';

/** docs/reference/flags.md: every flag of every process, as the table in src/config.ts has them. */
export function flags(): Output {
  const text = [
    '<!-- Made from src/config.ts by npm run generate; edit the table there. -->',
    '# Flags',
    '',
    'The program is started as `evercert operator` or `evercert responder`; `--help` shows what stands here, `--version` the',
    'version. A flag comes before its variables, in their order, and those come before the default; an empty variable counts',
    'as absent. A flag that is wrong or missing is named, with all others, and the process ends with exit code 2.',
    '',
    ...processes.flatMap(chapter),
  ].join('\n');
  return { path: 'docs/reference/flags.md', text };
}

function chapter(process: Process): string[] {
  return [
    `## evercert ${process}`,
    '',
    `It ${summaries[process]}.`,
    '',
    '| Flag | Default | Variables | What it is |',
    '| --- | --- | --- | --- |',
    ...describeFlags(process).map(({ usage, variables, fallback, help }) => {
      const shown = fallback === undefined ? '' : `\`${fallback}\``;
      return `| \`${usage}\` | ${shown} | ${variables.map((variable) => `\`${variable}\``).join(', ')} | ${help} |`;
    }),
    '',
  ];
}
