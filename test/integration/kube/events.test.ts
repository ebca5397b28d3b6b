import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EventNote, eventRecorder, events, type KubeObject } from '../../../src/kube/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { recordedLog } from '../../kit/log.ts';
import { kubectlSucceeds } from '../api/kubectl.ts';
import { type OwnPlace, ownNamespace } from './server.ts';

const news = { type: 'Normal', reason: 'Issued', action: 'Issue', note: 'issued' } as const;

function recorderOf(at: OwnPlace) {
  const log = recordedLog();
  const source = { controller: 'evercert.dev/operator', instance: 'pod-1' };
  return { log, recorder: eventRecorder<'Issued'>({ client: at.client, clock: systemClock, log, ...source }) };
}

function regarding(at: OwnPlace): EventNote<'Issued'>['regarding'] {
  const { namespace } = at;
  return { apiVersion: 'evercert.dev/v1', kind: 'Certificate', namespace, name: namespace, uid: namespace };
}

test('an Event arrives on a real API server, also about an object without a namespace', async () => {
  await using at = await ownNamespace();
  const { log, recorder } = recorderOf(at);
  const { namespace: _, ...cluster } = regarding(at);
  recorder.publish({ ...news, regarding: regarding(at) });
  recorder.publish({ ...news, regarding: { ...cluster, kind: 'ClusterIssuer', uid: `${at.namespace}-cluster` } });
  await recorder.flush();
  assert.deepEqual(log.lines, []);
  for (const namespace of [at.namespace, 'default']) {
    const { items } = await at.client.list(events, { namespace }, { limit: 500 });
    assert.equal([...items].filter(({ metadata }) => metadata.name.startsWith(`${at.namespace}.`)).length, 1);
  }
});

test('repeats are one Event, of which kubectl says how often and for how long', async () => {
  await using at = await ownNamespace();
  const { log, recorder } = recorderOf(at);
  for (let n = 0; n < 5; n += 1) {
    recorder.publish({ ...news, regarding: regarding(at) });
    await recorder.flush();
  }
  assert.deepEqual(log.lines, []);
  const { items } = await at.client.list(events, { namespace: at.namespace }, { limit: 500 });
  const series = [...items].map((event: KubeObject & { series?: { count: number } }) => event.series?.count);
  assert.deepEqual(series, [5]);
  assert.match(kubectlSucceeds(['events', '-n', at.namespace]), /\(x5 over \S+\)/);
});
