import type { Plan } from '../../../config/types.ts';
import { loadPlan } from '../../load-config.ts';
import { table } from '../../output/text-table.ts';
import { portalUrls } from '../../portal/portal-urls.ts';

const NOT_PUBLIC =
  'public_url is not set: these are the URLs on this machine; senders need the https URL that leads here';

/** Prints what to paste into each sender's portal. */
export async function urls(configFile: string, json: boolean): Promise<void> {
  const { plan } = await loadPlan(configFile);
  console.log(json ? JSON.stringify(summary(plan), null, 2) : text(plan));
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
    'A URL that ends at a prefix may go on with the path that the gateway serves.',
  ].join('\n');
}
