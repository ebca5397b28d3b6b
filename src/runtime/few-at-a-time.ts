/**
 * Does something for each item, with so many under way at once at most. The results stand in the sequence of the items. Rejects
 * as the first that fails; none is begun after that.
 */
export async function fewAtATime<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  // One generator for all: whoever leaves its loop by an error ends that of the others.
  const turns = (function* turn() {
    yield* items.entries();
  })();
  const worker = async (): Promise<void> => {
    for (const [index, item] of turns) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}
