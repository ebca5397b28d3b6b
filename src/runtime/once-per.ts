/**
 * A function that computes what follows from an object once for each object, for as long as that is in use.
 *
 * @param compute Pure; of an object that nobody changes.
 */
export function oncePer<Of extends object, Result>(compute: (of: Of) => Result): (of: Of) => Result {
  const known = new WeakMap<Of, { readonly result: Result }>();
  return (of) => {
    const found = known.get(of) ?? { result: compute(of) };
    known.set(of, found);
    return found.result;
  };
}
