import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCrd, type Schema } from '../../../build/generate/crd.ts';
import { certificates, clusterIssuers, issuers, reasons } from '../../../src/api/index.ts';

const folder = fileURLToPath(new URL('../../../crds/', import.meta.url));
const files = readdirSync(folder);
const schemas = files.map((file) => [file, readCrd(folder + file).schema] as const);

const known = new Set<string>(reasons);

/** Every schema below one, with its path. */
function* below(path: string, schema: Schema): Generator<readonly [path: string, schema: Schema]> {
  yield [path, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* below(`${path}.${name}`, property);
  if (schema.items !== undefined) yield* below(`${path}[]`, schema.items);
  if (schema.additionalProperties !== undefined) yield* below(`${path}{}`, schema.additionalProperties);
}

describe('crds', () => {
  it('are those of our resources, and no others', () => {
    const resources = [certificates, clusterIssuers, issuers];
    assert.deepEqual(
      files,
      resources.map(({ plural }) => `${plural}.yaml`),
    );
    for (const { plural, group, version, kind, namespaced } of resources) {
      const crd = readCrd(`${folder}${plural}.yaml`);
      assert.deepEqual(
        { plural: crd.plural, group: crd.group, version: crd.version, kind: crd.kind, namespaced: crd.namespaced },
        { plural, group, version, kind, namespaced },
      );
    }
  });

  it('fit into the annotation of a plain kubectl apply', () => {
    for (const file of files) assert.ok(statSync(folder + file).size < 256 * 1024, file);
  });

  it('describe every field, in a sentence', () => {
    for (const [file, root] of schemas) {
      for (const [path, { description = '', type }] of below('', root)) {
        if (type === 'string' && /[\]}]$/.test(path)) continue;
        assert.match(description, /^\S.*\.( Not carried out.*)?$/s, `${file} ${path}`);
      }
    }
  });

  it('have no demand besides enum and CEL in a spec that a refused spelling could fail', () => {
    for (const [file, root] of schemas) {
      for (const [path, schema] of below('', root)) {
        for (const word of ['pattern', 'oneOf', 'anyOf', 'not'])
          assert.ok(!(word in schema), `${file} ${path} ${word}`);
        const demands = schema.required?.join() ?? '';
        if (path.startsWith('.spec.acme')) assert.equal(demands, '', `${file} ${path}`);
      }
    }
  });

  it('begin with reasons that there are', () => {
    for (const file of files) {
      const words = readFileSync(folder + file, 'utf8').matchAll(/^ +reason: (\w+)$/gm);
      const begins = [...words].map(([, word]) => word).filter((word) => word !== 'FieldValueForbidden');
      assert.equal(begins[0], 'Pending', file);
      for (const word of begins) assert.ok(known.has(word ?? ''), `${file} ${word}`);
    }
  });

  it('call the states of a workload as the reasons of Reloaded', () => {
    const [, root] = schemas[0] ?? [];
    assert.ok(root !== undefined);
    const found = below('', root).find(([path]) => path === '.status.reload.workloads[].state');
    const states = found?.[1].enum ?? [];
    assert.ok(states.length > 0);
    for (const state of states) assert.ok(known.has(state), state);
  });
});
