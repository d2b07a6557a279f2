import { parseUnmatched, type UnmatchedEntry } from '../../../admin/unmatched-view.ts';
import { askRunning } from '../../ask-running.ts';
import { fieldName, isSecret, yamlText } from '../../output/route-text.ts';
import { duration } from '../../output/text-table.ts';
import { claimLine } from '../../portal/claim-line.ts';

/** Prints the keys that arrived and no profile claims, each with the line of config that would claim it. */
export async function unmatched(
  configFile: string,
  options: { readonly json: boolean; readonly clear: boolean },
): Promise<void> {
  // Read before they are cleared: whoever clears sees what is gone.
  const entries = parseUnmatched(await askRunning(configFile, 'GET', '/unmatched'));
  if (options.clear) await askRunning(configFile, 'POST', '/unmatched/clear');
  console.log(
    options.json ? JSON.stringify({ unmatched: entries.map(shown) }) : text(entries, options.clear),
  );
}

function shown(entry: UnmatchedEntry): object {
  const claim = claimLine(entry, entry.scope);
  return { ...entry, claim: claim?.line ?? null, secrets: claim?.secrets ?? [] };
}

function text(entries: readonly UnmatchedEntry[], cleared: boolean): string {
  if (entries.length === 0) return 'nothing arrived that no profile claims';
  const now = Date.now();
  const lines = entries.flatMap((entry) => [entryText(entry, now), ...claimText(entry)]);
  return [...lines, ...(cleared ? ['', `cleared: ${entries.length}`] : [])].join('\n');
}

function entryText({ platform, fields, path, count, last_seen }: UnmatchedEntry, now: number): string {
  const key = Object.entries(fields).map(([field, value]) =>
    isSecret(platform, field)
      ? `${fieldName(field)} (secret ${value})`
      : `${fieldName(field)} ${yamlText(value)}`,
  );
  const ago = duration(Math.max(0, Math.round((now - Date.parse(last_seen)) / 1000)));
  const times = count === 1 ? 'once' : `${count} times`;
  return `${platform}  ${key.join(', ')}  at ${path}  ${times}, last ${ago} ago`;
}

function claimText(entry: UnmatchedEntry): readonly string[] {
  const claim = claimLine(entry, entry.scope);
  if (claim === undefined) return ['    no route can name it by these; give it a path of its own'];
  const names = claim.secrets.map(fieldName).join(', ');
  const note = claim.secrets.length === 0 ? '' : `    # ${names}: the value is not kept; set the variable`;
  return [`    ${claim.line}${note}`];
}
