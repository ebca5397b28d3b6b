import { budget } from './budget.ts';
import { edits } from './edits.ts';
import { editsMeanwhile } from './edits-meanwhile.ts';
import { hostile } from './hostile.ts';
import { issuance } from './issuance.ts';
import { issuer } from './issuer.ts';
import { objects } from './objects.ts';
import { partial } from './partial.ts';
import { renewal } from './renewal.ts';
import type { Scenario } from './scenario.ts';
import { secret } from './secret.ts';
import { verbs } from './verbs.ts';

export type { Ending, Scenario } from './scenario.ts';
export { certificateKey, shop, shopSecret } from './shop.ts';

/** Every scenario, by the name that the command line knows it by. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  ...issuance,
  ...budget,
  ...edits,
  ...editsMeanwhile,
  ...objects,
  ...issuer,
  ...partial,
  ...secret,
  ...verbs,
  ...renewal,
  ...hostile,
};
