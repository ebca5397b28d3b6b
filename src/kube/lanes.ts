/**
 * Calls that never wait for one another: the small ones that passes make, pages of lists, watches, and the Lease, which is
 * never behind bulk traffic, nor slowed down with it.
 */
export type Lane = 'requests' | 'lists' | 'watches' | 'lease';

/** Every lane, with the most calls that run in it at once; each has a connection of its own. A watch runs for as long as it lasts. */
export const callsAtOnce: Readonly<Record<Lane, number>> = { requests: 16, lists: 4, watches: 64, lease: 2 };

/** Makes one of something for each lane. */
export function eachLane<T>(make: (lane: Lane) => T): Readonly<Record<Lane, T>> {
  return { requests: make('requests'), lists: make('lists'), watches: make('watches'), lease: make('lease') };
}
