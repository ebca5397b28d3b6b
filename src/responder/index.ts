/**
 * The challenge server: answers HTTP-01 challenges of pending orders, and the reachability token, on every host.
 *
 * It reads Certificates whose order is pending and has no other right; what it serves is public.
 */
export { pendingOrders } from './pending-order.ts';
export { createResponder } from './responder.ts';
