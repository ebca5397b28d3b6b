import type { Reason } from '../../api/index.ts';
import type { EventRecorder, KubeClient } from '../../kube/index.ts';
import type { Clock } from '../../runtime/index.ts';
import type { Budgets } from './budget/budgets.ts';
import type { Orders } from './order/orders.ts';
import type { RenewalInfos } from './renewal/renewal-infos.ts';
import type { Repairs } from './secret/repairs.ts';
import type { Statuses } from './statuses.ts';
import type { Revocations } from './verbs/revocations.ts';

/** What a step is carried out with. */
export interface Hands {
  readonly client: Pick<KubeClient, 'get' | 'apply' | 'patch'>;
  readonly clock: Clock;
  readonly orders: Orders;
  readonly budgets: Pick<Budgets, 'spend' | 'refused' | 'issued' | 'failed'>;
  readonly repairs: Repairs;
  readonly renewalInfos: RenewalInfos;
  readonly revocations: Pick<Revocations, 'revoke'>;
  readonly statuses: Statuses;
  readonly events: Pick<EventRecorder<Reason>, 'publish'>;
  /** Told of the reason of each Event. */
  readonly onOutcome: (outcome: Reason) => void;
}
