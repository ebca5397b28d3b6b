import { kubeClient } from '../../../src/kube/connect.ts';
import { createOnly } from '../../../src/kube/index.ts';
import { coreKinds, directTransport, kindOfDefinition, namespaces, SimApiServer } from '../../sim/api-server/index.ts';
import { inGroup, type ServerUnderTest } from './server.ts';

/** A simulated API server of its own, whose clock stands still. */
export async function simulated(): Promise<ServerUnderTest> {
  const server = new SimApiServer({ clock: { now: () => new Date('2026-03-01T12:00:00Z') }, kinds: coreKinds });
  const transport = directTransport(server);
  const client = kubeClient(transport);
  let made = 0;
  return {
    client,
    transport,
    async ownNamespace() {
      made += 1;
      const namespace = `test-${made}`;
      const wanted = createOnly({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      await client.apply(namespaces, wanted, { manager: 'test' });
      return { namespace, async [Symbol.asyncDispose]() {} };
    },
    async ownKind(definition) {
      made += 1;
      const kind = kindOfDefinition(inGroup(definition, `g${made}.example`));
      server.serve(kind);
      return { resource: kind.resource, async [Symbol.asyncDispose]() {} };
    },
    async forgetHistory() {
      server.compact();
    },
    async settle() {
      server.collectGarbage();
    },
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
}
