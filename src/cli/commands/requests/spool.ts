import {
  type ChosenDeliveries,
  parseChanged,
  parseSpool,
  type SpoolContents,
  writeChosen,
} from '../../../admin/spool-view.ts';
import { parseStatus } from '../../../admin/status.ts';
import { nearest } from '../../../config/problems.ts';
import { CommandError, EXIT } from '../../../errors.ts';
import { askRunning } from '../../ask-running.ts';
import { withConfig } from '../../config-hint.ts';
import { spoolText } from '../../output/spool-text.ts';
import { print, printJson } from '../../print.ts';

export interface SpoolOptions {
  readonly ids: readonly string[];
  readonly profile: string | undefined;
  readonly all: boolean;
  readonly json: boolean;
}

/** Lists the spooled deliveries, sends them again or drops them. Never prints a header or a body. */
export async function spool(configFile: string, action: string, options: SpoolOptions): Promise<void> {
  switch (action) {
    case 'list':
      return list(configFile, options);
    case 'retry':
      return change(configFile, action, options);
    case 'drop':
      return change(configFile, action, options);
    default:
      throw new CommandError(EXIT.usage, `there is no action '${action}'; choose from list, retry and drop`);
  }
}

async function list(configFile: string, { ids, profile, json }: SpoolOptions): Promise<void> {
  if (ids.length > 0)
    throw new CommandError(
      EXIT.usage,
      '`gwproxy spool list` takes no ids; --profile NAME lists the deliveries of one profile',
    );
  const all = parseSpool(await askRunning(configFile, 'GET', '/spool'));
  if (profile !== undefined) await checkProfile(configFile, profile, all);
  const isWanted = (entry: { readonly profile: string | null }): boolean =>
    profile === undefined || entry.profile === profile;
  const shown = { spool: all.spool.filter(isWanted), unreadable: all.unreadable.filter(isWanted) };
  if (json) printJson(shown);
  else print(withConfig(spoolText(shown, Date.now()), configFile));
}

async function change(configFile: string, action: 'retry' | 'drop', options: SpoolOptions): Promise<void> {
  const chosen = chosenBy(options);
  const done = action === 'retry' ? 'retried' : 'dropped';
  if (chosen === undefined) {
    throw new CommandError(
      EXIT.usage,
      `name the deliveries to ${action}, or give --profile NAME or --all; \`gwproxy spool\` shows their ids`,
    );
  }
  if (options.profile !== undefined) {
    await checkProfile(
      configFile,
      options.profile,
      parseSpool(await askRunning(configFile, 'GET', '/spool')),
    );
  }
  const answer = await askRunning(configFile, 'POST', `/spool/${action}?${writeChosen(chosen)}`);
  const changed = parseChanged(answer);
  if (options.json) printJson({ [done]: changed });
  else print(`${done}: ${changed}`);
  const wanted = new Set(options.ids).size;
  if (changed < wanted) {
    throw new CommandError(
      EXIT.failure,
      `${wanted - changed} of ${wanted} deliveries were not changed: they are no longer in the spool, are being sent to their gateway now, or still cannot be read`,
    );
  }
}

/** Throws a CommandError (2) for a profile that neither the spool nor the config knows: a typing error must not look like an empty spool. */
async function checkProfile(
  configFile: string,
  profile: string,
  { spool, unreadable }: SpoolContents,
): Promise<void> {
  const spooled = new Set([...spool, ...unreadable].flatMap((entry) => entry.profile ?? []));
  if (spooled.has(profile)) return;
  const { profiles } = parseStatus(await askRunning(configFile, 'GET', '/status'));
  const known = new Set([...spooled, ...profiles.map(({ name }) => name)]);
  if (known.has(profile)) return;
  const near = nearest(profile, known);
  const hint = near === undefined ? '' : `; did you mean '${near}'?`;
  throw new CommandError(
    EXIT.usage,
    `there is no profile '${profile}', and no delivery is spooled for one of that name${hint}`,
  );
}

/** Undefined unless exactly one of ids, profile and all is given. */
function chosenBy({ ids, profile, all }: SpoolOptions): ChosenDeliveries | undefined {
  if (Number(ids.length > 0) + Number(profile !== undefined) + Number(all) !== 1) return undefined;
  if (profile !== undefined) return { profile };
  return all ? { all } : { ids };
}
