import type { SpoolContents, SpoolEntry, UnreadableEntry } from '../../admin/spool-view.ts';
import { duration, table } from './text-table.ts';

const HEADER = ['ID', 'PROFILE', 'PLATFORM', 'AGE', 'TRIES', 'LAST STATUS', 'STATE'];

/** What `gwproxy spool` prints, without a header or a body of a delivery; `now` is epoch ms. */
export function spoolText({ spool, unreadable }: SpoolContents, now: number): string {
  if (unreadable.length === 0) return spool.length === 0 ? 'nothing is spooled' : spoolTable(spool, now);
  return [...(spool.length === 0 ? [] : [spoolTable(spool, now), '']), unreadableText(unreadable)].join('\n');
}

const UNREADABLE_HEADER = ['ID', 'PROFILE', 'BYTES', 'FILE', 'WHY'];

/** What each cause asks of the operator. */
const REMEDIES: { readonly [Because in UnreadableEntry['because']]: string } = {
  damaged:
    'damaged files: `gwproxy spool drop ID` deletes one; copy its FILE first to keep what is left of it',
  newer: 'files of a newer gwproxy are left as they are: the newer one delivers them',
  disk: 'once the disk or the permissions are mended, `gwproxy spool retry ID` reads the file again',
};

function unreadableText(entries: readonly UnreadableEntry[]): string {
  const rows = entries.map(({ id, profile, bytes, path, reason }) => [
    id,
    profile ?? '-',
    bytes === null ? '-' : String(bytes),
    path,
    reason,
  ]);
  const causes = new Set(entries.map(({ because }) => because));
  return [
    'acknowledged deliveries that cannot be read:',
    table([UNREADABLE_HEADER, ...rows]),
    ...[...causes].map((because) => REMEDIES[because]),
  ].join('\n');
}

function spoolTable(entries: readonly SpoolEntry[], now: number): string {
  const rows = entries.map((entry) => [
    entry.id,
    entry.profile,
    entry.platform,
    duration(Math.max(0, Math.round((now - Date.parse(entry.received_at)) / 1000))),
    String(entry.tries),
    entry.last_status ?? '-',
    entry.reason === null ? entry.state : `${entry.state}: ${entry.reason}`,
  ]);
  return table([HEADER, ...rows]);
}
