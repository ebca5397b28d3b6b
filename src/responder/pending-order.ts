import { type Certificate, certificates } from '../api/index.ts';
import type { Cache, KubeObject, Source } from '../kube/index.ts';
import { canonicalName } from '../pki/index.ts';

/** What a responder keeps of a Certificate whose order is pending. Nothing in it is secret. */
export interface PendingOrder {
  /** RFC 7638 thumbprint of the account key that placed the order. */
  readonly thumbprint: string;
  /** One key, made of host and token, for each challenge. */
  readonly challenges: readonly string[];
}

/** The Certificates whose order is pending, and no others: the API server selects them. */
export const pendingOrders: Source<PendingOrder> = {
  resource: certificates,
  fieldSelector: 'status.order.state=pending',
  project: projectPendingOrder,
  indexes: { challenge: (order) => order.challenges },
};

/** Reads the challenges of a Certificate's order; none where the order is not pending. */
export function projectPendingOrder(object: KubeObject): PendingOrder {
  const order = (object as Certificate).status?.order;
  if (order?.state !== 'pending') return { thumbprint: '', challenges: [] };
  const challenges = order.identifiers.flatMap(({ value, token }) =>
    token === undefined ? [] : [challengeKey(canonicalName(value), token)],
  );
  return { thumbprint: order.thumbprint, challenges };
}

/**
 * The key authorization for a token that is pending for a host (RFC 8555, 8.1), by one look-up whatever is asked for.
 * Every identifier of the order is answered until the whole order has left `pending`, because a CA asks from several
 * places and some of them come late.
 */
export function keyAuthorization(orders: Cache<PendingOrder>, host: string, token: string): string | undefined {
  const [order] = orders.by('challenge', challengeKey(host, token));
  return order === undefined ? undefined : `${token}.${order.thumbprint}`;
}

/** No header and no name holds a line feed, so no other host and token make the same key. */
function challengeKey(host: string, token: string): string {
  return `${host}\n${token}`;
}
