/**
 * The challenge server: answers HTTP-01 challenges of pending orders, and the reachability token, on every host.
 *
 * It reads Certificates whose order is pending and the id of the installation; what it serves is public.
 */
export { pendingOrders } from './pending-order.ts';
export { createResponder } from './responder.ts';
