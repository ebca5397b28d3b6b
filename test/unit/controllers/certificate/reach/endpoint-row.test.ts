import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { projectEndpoints } from '../../../../../src/controllers/certificate/reach/endpoint-row.ts';
import type { KubeObject } from '../../../../../src/kube/index.ts';

function slice(parts: object): KubeObject {
  const metadata = {
    name: 'responder-x',
    namespace: 'evercert',
    labels: { 'kubernetes.io/service-name': 'responder' },
  };
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...parts };
}

describe('an EndpointSlice', () => {
  test('gives its ready endpoints with the port named http', () => {
    const ports = [
      { name: 'metrics', port: 9402 },
      { name: 'http', port: 8080 },
    ];
    const endpoints = [
      { addresses: ['10.0.0.1'], conditions: { ready: true } },
      { addresses: ['10.0.0.2'], conditions: { ready: false } },
      { addresses: ['10.0.0.3'] },
    ];
    assert.deepEqual(projectEndpoints(slice({ ports, endpoints })), {
      service: 'evercert/responder',
      endpoints: [
        { address: '10.0.0.1', port: 8080 },
        { address: '10.0.0.3', port: 8080 },
      ],
    });
  });

  test('of a Service without ready pods, in which the API server writes null for an empty list, gives none', () => {
    const row = projectEndpoints(slice({ ports: null, endpoints: null }));
    assert.deepEqual(row, { service: 'evercert/responder', endpoints: [] });
  });
});
