import type { Attributes } from '../routing/route.ts';
import { findScope } from '../routing/table.ts';
import type { Head } from './head.ts';
import type { Parts } from './parts.ts';

/** Keeps what a request names and nobody claims, with the scope in which a route would have to claim it. */
export function unclaimed(parts: Parts, head: Head, attributes: readonly Attributes[]): void {
  if (attributes.length === 0) return;
  const ruling = parts.ruling();
  const scope = ruling === null ? null : findScope(ruling.table, head);
  parts.unmatched.see(attributes, scope ?? { host: null, path: '' }, head.path);
}
