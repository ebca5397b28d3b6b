import { ask } from '../kit/cluster/checks.ts';

/** Where the cluster's etcd answers, inside of it; its gateway takes JSON (etcd.io/docs, "gRPC gateway"). */
const etcdURL = 'http://127.0.0.1:2379';

/** Makes etcd forget every version but the newest of each object. Resolves with whether etcd was there to do so. */
export async function compact(): Promise<boolean> {
  try {
    const { header } = await call<{ header: { revision: string } }>('/v3/kv/range', { key: 'AA==', count_only: true });
    await call('/v3/kv/compaction', { revision: header.revision });
    return true;
  } catch {
    return false;
  }
}

async function call<T>(path: string, question: object): Promise<T> {
  const { status, body } = await ask(`${etcdURL}${path}`, { method: 'POST', body: JSON.stringify(question) });
  if (status !== 200) throw new Error(`etcd answers ${path} with ${status}: ${body}`);
  return JSON.parse(body) as T;
}
