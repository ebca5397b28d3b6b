import type { AcmeClient, Authorization, Identifier, Order } from '../../../acme/index.ts';
import { canonicalName } from '../../../pki/index.ts';
import type { OrderRecord } from '../observed.ts';
import { asked, StepFailure } from '../step-failure.ts';
import { authorizationsOf, type HeldOrder, tokenOf } from './orders.ts';

/**
 * The authorizations of an order that was just placed: no more than one for each of its names, and none for any other. What
 * they ask for is presented under the name, so a CA must not have us speak for a name that nobody asked a certificate for.
 *
 * @throws StepFailure where the CA does not show them, or they are not as they have to be.
 */
export async function checkedAuthorizations(
  client: AcmeClient,
  order: Order,
  signal: AbortSignal,
): Promise<readonly Authorization[]> {
  const { authorizations: urls, identifiers } = order;
  if (urls.length > identifiers.length) {
    throw refused(`made an order with ${urls.length} authorizations for ${identifiers.length} names`);
  }
  if (new Set(urls).size < urls.length) throw refused('made an order that names one authorization twice');
  const authorizations = await asked('show the authorizations', () => authorizationsOf(client, order, signal));
  checkNames(identifiers, authorizations);
  checkTokens(authorizations);
  return authorizations;
}

function checkNames(identifiers: readonly Identifier[], authorizations: readonly Authorization[]): void {
  const ordered = new Set(identifiers.map(idOf));
  const asking = new Set<string>();
  for (const { identifier } of authorizations) {
    const { value } = identifier;
    if (!ordered.has(idOf(identifier))) {
      throw refused(`asks for a proof of ${value}, which is none of the names of the order`);
    }
    if (asking.has(idOf(identifier))) throw refused(`asks twice for a proof of ${value}`);
    asking.add(idOf(identifier));
  }
}

/** A token names one challenge (RFC 8555, 8.3). */
function checkTokens(authorizations: readonly Authorization[]): void {
  const tokens = authorizations.flatMap((authorization) => tokenOf(authorization) ?? []);
  if (new Set(tokens).size < tokens.length) throw refused('gave one token to two names');
}

/** How an order differs from what was recorded when it was placed, though it cannot change (RFC 8555, 7.1.3). */
export function contradiction(recorded: OrderRecord, { order, authorizations }: HeldOrder): string | undefined {
  const ordered = new Set(order.identifiers.map(idOf));
  if (!recorded.identifiers.every((identifier) => ordered.has(idOf(identifier)))) {
    return 'The CA changed the names of the order';
  }
  const tokens = new Map(recorded.identifiers.map((identifier) => [idOf(identifier), identifier.token]));
  const isAsRecorded = authorizations.every((authorization) => {
    const token = tokenOf(authorization);
    return token === undefined || token === tokens.get(idOf(authorization.identifier));
  });
  return isAsRecorded ? undefined : 'The CA changed the challenges of the order';
}

function idOf({ type, value }: Identifier): string {
  return `${type}:${canonicalName(value)}`;
}

function refused(what: string): StepFailure {
  return new StepFailure({ reason: 'OrderFailed', message: `The CA ${what}` });
}
