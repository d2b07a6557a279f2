/** Where what was begun is told how it ends. */
export interface Scope {
  after(cleanUp: () => Promise<void> | void): void;
}

/** Runs `body`; then, whatever became of it, every clean-up, last first, each although another failed. */
export async function scoped<T>(body: (scope: Scope) => Promise<T>): Promise<T> {
  const cleanUps: (() => Promise<void> | void)[] = [];
  const errors: unknown[] = [];
  const results: T[] = [];
  try {
    results.push(await body({ after: (cleanUp) => void cleanUps.push(cleanUp) }));
  } catch (error) {
    errors.push(error);
  }
  for (const cleanUp of cleanUps.reverse()) {
    try {
      await cleanUp();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '));
  if (errors.length === 1) throw errors[0];
  const [result] = results;
  if (result === undefined) throw new Error('a scope that gives nothing');
  return result;
}
