import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readCrd, type Schema } from '../../../build/generate/crd.ts';
import { certificate, type Fields, issuer, prepare, tried } from './manifests.ts';
import type { Refusal } from './refusal.ts';
import { refusedCertificates } from './refused-certificates.ts';
import { refusedIssuers } from './refused-issuers.ts';

/** The same in one call for many objects called object-0, object-1...; gives the line of each. */
function linesOf(objects: readonly Fields[]): string[] {
  const lines = tried(...objects).split('\n');
  return objects.map((_, index) => lines.find((line) => new RegExp(`[/"]object-${index}\\b`).test(line)) ?? '');
}

/** The errors in one line of kubectl, in the order of their fields. */
function errorsIn(line: string): string[] {
  const all =
    /^Error from server \(Invalid\): error when creating "STDIN": \w+\.evercert\.dev "[^"]+" is invalid: (.*)$/
      .exec(line)?.[1]
      ?.replace(/^\[(.*)\]$/, '$1');
  return (all ?? line)
    .split(/, (?=spec|<nil>)/)
    .filter((error) => !error.startsWith('<nil>'))
    .sort((a, b) => (a < b ? -1 : 1));
}

function* sentencesOf(schema: Schema): Generator<string> {
  for (const { message } of schema['x-kubernetes-validations'] ?? []) yield message;
  for (const property of Object.values(schema.properties ?? {})) yield* sentencesOf(property);
  if (schema.items !== undefined) yield* sentencesOf(schema.items);
}

before(prepare);

const kinds: readonly (readonly [file: string, make: typeof certificate, refusals: readonly Refusal[]])[] = [
  ['certificates', certificate, refusedCertificates],
  ['issuers', issuer, refusedIssuers],
];
for (const [file, make, refusals] of kinds) {
  describe(`${file} are refused`, () => {
    let lines: readonly string[] = [];
    before(() => {
      lines = linesOf(refusals.map(({ change }, index) => make(`object-${index}`, change)));
    });

    for (const [index, { title, errors }] of refusals.entries()) {
      it(`for ${title}, with a sentence that says what to do`, () => {
        assert.deepEqual(
          errorsIn(lines[index] ?? ''),
          errors.toSorted((a, b) => (a < b ? -1 : 1)),
        );
      });
    }

    it('with every sentence of the schema in one of these cases', () => {
      const printed = refusals.flatMap(({ errors }) => errors);
      const { schema } = readCrd(new URL(`../../../crds/${file}.yaml`, import.meta.url).pathname);
      for (const sentence of sentencesOf(schema)) {
        assert.ok(
          printed.some((error) => error.endsWith(sentence)),
          sentence,
        );
      }
    });
  });
}
