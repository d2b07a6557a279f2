import type { Holder } from '../../holder.ts';

/** What one look at a port has found. */
export interface PortScan {
  readonly owner: Owner;
  /** Of its sockets, as far as they are known. */
  readonly holders: readonly Holder[];
  /** Of every socket that takes connections there. */
  readonly inodes: ReadonlySet<string>;
}

export interface Ownership {
  readonly owner: Owner;
  /** The gateway's own, as they last were: a door sends nothing where they hold no more. Empty: nobody can say. */
  readonly holders: readonly Holder[];
}

/**
 * What a look comes to in a life whose port had these holders until now (none: it was not seen to be its own). Pure.
 *
 * A port that was its own and that somebody else has by now, whom nobody can name, is a stranger's: `lenient` believes
 * whoever was never known, not whoever came instead.
 */
export function combineOwnership(before: readonly Holder[], { owner, holders, inodes }: PortScan): Ownership {
  if (owner.kind === 'own') return { owner, holders };
  if (owner.kind === 'foreign' || before.length === 0 || inodes.size === 0) return { owner, holders: before };
  const sameSockets = [...inodes].every((inode) => before.some((holder) => holder.inode === inode));
  // Its process may not be read any more (it changed its user): the port is where it was.
  if (sameSockets) return { owner, holders: [] };
  return { owner: { kind: 'foreign', name: `somebody else (${owner.reason})` }, holders: before };
}

/** Whose process listens on a port. */
export type Owner =
  | { readonly kind: 'own' }
  /** `name` for the operator: the program and its pid. */
  | { readonly kind: 'foreign'; readonly name: string }
  /** Another user's, a container's, or a system that does not say; `reason` in plain words. */
  | { readonly kind: 'unknown'; readonly reason: string };
