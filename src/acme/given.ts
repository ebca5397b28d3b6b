/** The members made of a value, or none where it is absent: what is absent stays absent when it is spread. */
export function given<T, Members extends object>(
  value: T | undefined,
  members: (value: T) => Members,
): Members | undefined {
  return value === undefined ? undefined : members(value);
}
