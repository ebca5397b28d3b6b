import assert from 'node:assert/strict';
import { Customer, dns, http01 } from '../../conformance/acme/customer.ts';
import type { CaOptions } from './index.ts';
import { type SimulatedCaUnderTest, simulatedCa } from './under-test.ts';

/** A simulated CA, and one who has an account there. */
export async function customerAt(options: CaOptions): Promise<{ world: SimulatedCaUnderTest; customer: Customer }> {
  const world = simulatedCa(options);
  return { world, customer: await Customer.at(world) };
}

/** Has the validation of a name fail. */
export async function fail(world: SimulatedCaUnderTest, customer: Customer, name: string): Promise<void> {
  const order = await customer.place(dns(name));
  const [authorization] = await customer.authorizations(order);
  assert.ok(authorization);
  await customer.client.answer(http01(authorization).url);
  await world.clock.advance(1_000);
  assert.equal((await customer.client.order(order.url)).status, 'invalid');
}
