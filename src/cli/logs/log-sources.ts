import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandError, EXIT } from '../../errors.ts';
import { defaultLogPath, type LogDirectory, logsFolder, OWN, readDirectory } from '../../logs/directory.ts';
import { listRotated } from '../../logs/rotated.ts';
import { stateFolder } from '../../state-folder.ts';
import { errorCode } from '../../util/errno.ts';

/**
 * Where the logs of that config lie. A gwproxy that runs, or ran, has written it down; so this asks nobody, loads no
 * config (90 ms) where it need not, and works with one that is invalid by now. `names` that it does not know are looked
 * for in the config, and then where the files of a profile that it has no more would be. Throws a CommandError: 2 for a
 * name that is no profile's, 78 where nothing ran yet and the config is invalid.
 */
export async function findLogs(configFile: string, names: readonly string[]): Promise<LogDirectory> {
  const folder = logsFolder(stateFolder(configFile, process.env));
  const written = await readRecordedLogs(folder);
  const known = (name: string, { profiles }: LogDirectory): boolean => name === OWN || profiles.has(name);
  if (written !== null && names.every((name) => known(name, written))) return written;
  const { found, disabled } = await logsFromConfig(configFile, folder, written);
  const former = new Map<string, string>();
  for (const name of names) {
    const file = known(name, found) ? null : await removedProfileFile(name, dirname(found.own));
    if (file !== null) former.set(name, file);
  }
  const profiles = new Map([...found.profiles, ...former]);
  const { refuseUnknownProfiles: refuseUnknown } = await import('../unknown-profile.ts');
  refuseUnknown(names, [...profiles.keys(), OWN], disabled);
  return { ...found, profiles };
}

/** That of a profile which the config has no more, where anything of it is left. */
async function removedProfileFile(name: string, folder: string): Promise<string | null> {
  if (basename(name) !== name) return null;
  const file = defaultLogPath(folder, name);
  if (existsSync(file)) return file;
  const { rotated } = await listRotated(file);
  return rotated.length > 0 ? file : null;
}

async function readRecordedLogs(folder: string): Promise<LogDirectory | null> {
  try {
    return await readDirectory(folder);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === null) throw cause;
    throw new CommandError(
      EXIT.failure,
      `where the logs are cannot be read in ${folder} (${code}); act as its user, or set GWPROXY_STATE_DIR`,
      { cause },
    );
  }
}

/** As the config has it, and what is written down of profiles that it has no more; and which it has turned off. */
async function logsFromConfig(
  configFile: string,
  folder: string,
  written: LogDirectory | null,
): Promise<{ readonly found: LogDirectory; readonly disabled: readonly string[] }> {
  const [{ loadConfig }, { realFiles }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../config/source/files.ts'),
  ]);
  const loaded = await loadConfig(configFile, { env: process.env, files: realFiles });
  if (!loaded.ok) {
    if (written !== null) return { found: written, disabled: [] };
    const { loadPlan } = await import('../load-config.ts');
    // Tells what is wrong with it.
    await loadPlan(configFile);
    return { found: { own: join(folder, `${OWN}.log`), profiles: new Map() }, disabled: [] };
  }
  const { logs, profiles } = loaded.plan;
  const where = logs.folder ?? folder;
  const planned = profiles.map(
    ({ name, logFile }) => [name, logFile ?? defaultLogPath(where, name)] as const,
  );
  // What was written down is where a running gwproxy writes to, whatever the config says by now.
  const found = {
    own: written?.own ?? join(where, `${OWN}.log`),
    profiles: new Map([...planned, ...(written?.profiles ?? [])]),
  };
  return { found, disabled: loaded.disabled };
}
