/**
 * The challenge server: answers HTTP-01 challenges of pending orders, and the reachability token, on every host.
 *
 * It reads Certificates whose order is pending and has no other right; what it serves is public.
 */
export { type PendingOrder, pendingOrders } from './pending-order.ts';
export { createResponder, type Responder, type ResponderParts } from './responder.ts';
export type { ResponderOutcome } from './server.ts';
