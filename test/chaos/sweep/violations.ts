import type { Scenario } from './scenarios.ts';
import type { Outcome } from './trial.ts';

/** What is wrong with a run when it is compared with the undisturbed one, in sentences. */
export function violationsOf(
  outcome: Outcome,
  reference: Outcome,
  { certificates: most }: Scenario,
): readonly string[] {
  const { broken, end, changes, orders, orphans, allowedOrphans, certificates } = outcome;
  const mayOrder = reference.orders + allowedOrphans;
  return [
    ...broken,
    ...differences(end, reference.end),
    ...surplus(changes, reference.changes),
    ...(orphans > allowedOrphans ? [`${orphans} orders were orphaned, ${allowedOrphans} may be`] : []),
    ...(orders > mayOrder ? [`${orders} orders were placed, ${mayOrder} may be`] : []),
    ...(certificates > most ? [`${certificates} certificates were issued, ${most} may be`] : []),
  ];
}

type Counts = Outcome['changes'];

function differences(is: Outcome['end'], ought: Outcome['end']): readonly string[] {
  return [...new Set([...is.keys(), ...ought.keys()])].flatMap((id) => {
    const [one, other] = [is.get(id), ought.get(id)];
    return one === other ? [] : [`${id} ends as ${one ?? 'nothing'}, undisturbed as ${other ?? 'nothing'}`];
  });
}

/** A crash repeats no change that was made. Fewer may be enough: what passed while no operator ran is not told. */
function surplus(is: Counts, ought: Counts): readonly string[] {
  return [...is].flatMap(([change, count]) => {
    const wanted = ought.get(change) ?? 0;
    return count > wanted ? [`${change} ${count} times, undisturbed ${wanted}`] : [];
  });
}
