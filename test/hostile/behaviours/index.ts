import type { Behaviour } from '../behaviour.ts';
import { certificates } from './certificates.ts';
import { orders } from './orders.ts';
import { problems } from './problems.ts';
import { proofs } from './proofs.ts';
import { replies } from './replies.ts';

export { harmless } from './harmless.ts';
export { issuers } from './issuers.ts';

/** Every way in which a CA is hostile to a Certificate. Adding one is adding a line to a table. */
export const renewals: readonly Behaviour[] = [...certificates, ...orders, ...proofs, ...problems, ...replies];
