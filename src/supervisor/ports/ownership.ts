import type { Holder } from '../../holder.ts';

/** The result of one scan of a port. */
export interface PortScan {
  readonly owner: Owner;
  /** The known holders of its sockets. */
  readonly holders: readonly Holder[];
  /** The inodes of every socket that accepts connections there. */
  readonly inodes: ReadonlySet<string>;
}

export interface Ownership {
  readonly owner: Owner;
  /** The last known holders among the gateway's own processes; empty if ownership was never confirmed. */
  readonly holders: readonly Holder[];
}

/**
 * Combines a new scan with this generation's last known holders (empty: ownership was never confirmed). Pure.
 *
 * A port that was the gateway's own and now has an unknown owner counts as foreign: `lenient` accepts an owner that
 * was never known, not one that replaced the gateway.
 */
export function combineOwnership(before: readonly Holder[], { owner, holders, inodes }: PortScan): Ownership {
  if (owner.kind === 'own') return { owner, holders };
  if (owner.kind === 'foreign' || before.length === 0 || inodes.size === 0) return { owner, holders: before };
  const sameSockets = [...inodes].every((inode) => before.some((holder) => holder.inode === inode));
  // Its process changed its user and can no longer be read, but the sockets are still the gateway's.
  if (sameSockets) return { owner, holders: [] };
  return {
    owner: { kind: 'foreign', name: `another process (${owner.reason})`, advice: null },
    holders: before,
  };
}

/** The owner of a port: the process that listens there. */
export type Owner =
  | { readonly kind: 'own' }
  /** For the operator: the program, its pid and whose it is; and how it ends, if that is known. */
  | { readonly kind: 'foreign'; readonly name: string; readonly advice: string | null }
  /** Another user's or a container's process, or a system without /proc; `reason` is for the operator. */
  | { readonly kind: 'unknown'; readonly reason: string };
