import type { Plan } from '../../../config/types.ts';
import { loadPlan } from '../../load-config.ts';
import { table } from '../../output/text-table.ts';
import { portalUrls } from '../../portal/portal-urls.ts';
import { print, printJson } from '../../print.ts';

const NOT_PUBLIC =
  'public_url is not set, so these URLs work on this machine only; senders need the public https URL';

/** Prints the URLs to paste into each sender's portal. */
export async function urls(configFile: string, json: boolean): Promise<void> {
  const { plan } = await loadPlan(configFile);
  if (json) printJson(summary(plan), 2);
  else print(text(plan));
}

function summary(plan: Plan): object {
  return {
    public_url: plan.publicUrl?.href ?? null,
    note: plan.publicUrl === null ? NOT_PUBLIC : null,
    urls: portalUrls(plan),
  };
}

function text(plan: Plan): string {
  const rows = portalUrls(plan).map(({ profile, platform, setting, url }) => [
    profile,
    platform ?? '-',
    url,
    setting,
  ]);
  return [
    ...(plan.publicUrl === null ? [NOT_PUBLIC, ''] : []),
    table([['PROFILE', 'SENDER', 'URL', 'WHERE IT GOES'], ...rows]),
    '',
    'Below a URL, any path that the gateway serves is public too.',
  ].join('\n');
}
