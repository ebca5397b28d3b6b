/** A manifest that the API server refuses, with the errors as kubectl prints them. */
export interface Refusal {
  readonly title: string;
  /** Merged into the spec of a good object; `undefined` leaves a field out. */
  readonly change: Readonly<Record<string, unknown>>;
  readonly errors: readonly string[];
}

export const notASecretName =
  "is not a name that a Secret can have: it consists of lower-case letters, digits, '-' and '.', and starts and ends with a letter or a digit";
