/** A test, or a scope that ends as one does. */
export interface Scope {
  after(cleanUp: () => Promise<void>): void;
}

const cleanUps = new WeakMap<Scope, (() => Promise<void>)[]>();

/**
 * Has it done when the test has run, the last one first: what lives in a folder is gone before the folder is. By
 * itself node:test begins with the first.
 */
export function cleanUpAfter(scope: Scope, cleanUp: () => Promise<void>): void {
  const known = cleanUps.get(scope);
  if (known !== undefined) {
    known.push(cleanUp);
    return;
  }
  const all = [cleanUp];
  cleanUps.set(scope, all);
  scope.after(async () => {
    for (let last = all.pop(); last !== undefined; last = all.pop()) await last();
  });
}
