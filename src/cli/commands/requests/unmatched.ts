import { parseUnmatched, type UnmatchedEntry } from '../../../admin/unmatched-view.ts';
import { askRunning } from '../../ask-running.ts';
import { fieldName, isSecret, yamlText } from '../../output/route-text.ts';
import { duration } from '../../output/text-table.ts';
import { claimLine } from '../../portal/claim-line.ts';
import { print, printJson } from '../../print.ts';

/** Prints the requests that no profile claims, by key, each with the line of config that would claim it. */
export async function unmatched(
  configFile: string,
  options: { readonly json: boolean; readonly clear: boolean },
): Promise<void> {
  // Read before they are cleared, so that the user sees what was cleared.
  const entries = parseUnmatched(await askRunning(configFile, 'GET', '/unmatched'));
  if (options.clear) await askRunning(configFile, 'POST', '/unmatched/clear');
  if (options.json) printJson({ unmatched: entries.map(withClaim) });
  else print(text(entries, options.clear));
}

function withClaim(entry: UnmatchedEntry): object {
  const claim = claimLine(entry, entry.scope);
  return { ...entry, claim: claim?.line ?? null, secrets: claim?.secrets ?? [] };
}

function text(entries: readonly UnmatchedEntry[], cleared: boolean): string {
  if (entries.length === 0) return 'every request so far was claimed by a profile';
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
  if (claim === undefined)
    return ['    no route can match it by these fields; give the bot a path of its own'];
  const names = claim.secrets.map(fieldName).join(', ');
  const notes = [
    ...(claim.secrets.length === 0 ? [] : [`${names}: gwproxy does not store the value; set the variable`]),
    ...(claim.note === null ? [] : [claim.note]),
  ];
  return [`    ${claim.line}${notes.length === 0 ? '' : `    # ${notes.join('; ')}`}`];
}
