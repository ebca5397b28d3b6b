import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { consumedSecrets, type PodTemplate, tlsPort } from '../../../../src/controllers/reload/pod-template.ts';

describe('consumed Secrets', () => {
  const cases: readonly (readonly [sentence: string, spec: PodTemplate['spec'], expected: readonly string[]])[] = [
    ['of a volume', { volumes: [{ secret: { secretName: 'tls' } }] }, ['tls']],
    ['of a projected source', { volumes: [{ projected: { sources: [{}, { secret: { name: 'tls' } }] } }] }, ['tls']],
    [
      'of an environment variable',
      { containers: [{ env: [{}, { valueFrom: { secretKeyRef: { name: 'tls' } } }] }] },
      ['tls'],
    ],
    ['of a whole environment', { containers: [{ envFrom: [{}, { secretRef: { name: 'tls' } }] }] }, ['tls']],
    [
      'of init containers',
      {
        initContainers: [
          { env: [{ valueFrom: { secretKeyRef: { name: 'one' } } }] },
          { envFrom: [{ secretRef: { name: 'two' } }] },
        ],
      },
      ['one', 'two'],
    ],
    [
      'each once and sorted, whatever reads it',
      {
        volumes: [{ secret: { secretName: 'b' } }, { projected: { sources: [{ secret: { name: 'a' } }] } }],
        containers: [{ envFrom: [{ secretRef: { name: 'b' } }] }],
      },
      ['a', 'b'],
    ],
    ['not of a volume that names none', { volumes: [{ secret: {} }, {}] }, []],
    ['not of a template without a spec', undefined, []],
  ];
  for (const [sentence, spec, expected] of cases) {
    test(`are found: ${sentence}`, () => {
      assert.deepEqual(consumedSecrets(spec === undefined ? {} : { spec }), expected);
    });
  }

  test('count when the reference is optional, because it is read all the same', () => {
    const volume = { secret: { secretName: 'tls', optional: true } };
    assert.deepEqual(consumedSecrets({ spec: { volumes: [volume] } }), ['tls']);
  });

  test('leave out imagePullSecrets, which no process serves', () => {
    const spec = { containers: [], imagePullSecrets: [{ name: 'registry' }] };
    assert.deepEqual(consumedSecrets({ spec }), []);
  });
});

describe('the TLS port', () => {
  const annotated = (value: string): NonNullable<PodTemplate['metadata']> => ({
    annotations: { 'evercert.dev/tls-port': value },
  });
  const https = { httpGet: { scheme: 'HTTPS', port: 9443 } };
  const cases: readonly (readonly [sentence: string, template: PodTemplate, expected: number | undefined])[] = [
    [
      'is that of the annotation, before all else',
      { metadata: annotated('5432'), spec: { containers: [{ readinessProbe: https }] } },
      5432,
    ],
    ['is not that of an annotation that is no port', { metadata: annotated('none') }, undefined],
    ['is not that of an annotation out of range', { metadata: annotated('70000') }, undefined],
    ['is that of a readiness probe over HTTPS', { spec: { containers: [{ readinessProbe: https }] } }, 9443],
    ['is that of a liveness probe over HTTPS', { spec: { containers: [{ livenessProbe: https }] } }, 9443],
    ['is that of a startup probe over HTTPS', { spec: { containers: [{ startupProbe: https }] } }, 9443],
    [
      'is not that of a probe over HTTP',
      { spec: { containers: [{ readinessProbe: { httpGet: { scheme: 'HTTP', port: 8080 } } }] } },
      undefined,
    ],
    [
      'is the container port that an HTTPS probe names',
      {
        spec: {
          containers: [
            {
              readinessProbe: { httpGet: { scheme: 'HTTPS', port: 'web' } },
              ports: [{ name: 'web', containerPort: 9444 }],
            },
          ],
        },
      },
      9444,
    ],
    [
      'is a container port named https, before one numbered 443',
      { spec: { containers: [{ ports: [{ containerPort: 443 }, { name: 'https', containerPort: 10443 }] }] } },
      10443,
    ],
    ['is a container port named tls', { spec: { containers: [{ ports: [{ name: 'tls', containerPort: 1 }] }] } }, 1],
    ['is a declared 8443', { spec: { containers: [{}, { ports: [{ containerPort: 8443 }] }] } }, 8443],
    ['is unknown for any other port', { spec: { containers: [{ ports: [{ containerPort: 8080 }] }] } }, undefined],
  ];
  for (const [sentence, template, expected] of cases) {
    test(sentence, () => {
      assert.equal(tlsPort(template), expected);
    });
  }
});
