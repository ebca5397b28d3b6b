/** What a promise was rejected with. Throws when it was not. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error('what was thrown is no Error', { cause: error });
  }
  throw new Error('nothing was thrown');
}
