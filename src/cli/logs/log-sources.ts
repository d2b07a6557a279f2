import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandError, EXIT } from '../../errors.ts';
import { defaultLogPath, type LogIndex, logsFolder, OWN_LOG, readLogIndex } from '../../logs/log-index.ts';
import { logTarget } from '../../logs/log-target.ts';
import { listRotated } from '../../logs/rotated.ts';
import { realConfigPath, stateFolder, stateFolders } from '../../state-folder.ts';
import { errorCode } from '../../util/errno.ts';

/**
 * Finds the log files of a config. gwproxy records their paths in the state folder, so no running gwproxy is asked, and
 * the config, which takes 90 ms to load and may be invalid by now, is loaded only for `names` that the record lacks. The
 * logs of a profile that was removed from the config are found as long as they exist. Throws a CommandError: 2 for an
 * unknown name, 78 if there is no record yet and the config is invalid.
 */
export async function findLogs(configFile: string, names: readonly string[]): Promise<LogIndex> {
  const { folder, written } = await recordedLogs(configFile);
  const known = (name: string, { profiles }: LogIndex): boolean => name === OWN_LOG || profiles.has(name);
  if (written !== null && names.every((name) => known(name, written))) return written;
  const { found, disabled } = await logsFromConfig(configFile, folder, written);
  const former = new Map<string, string>();
  for (const name of names) {
    const file = known(name, found) ? null : await removedProfileFile(name, dirname(found.own));
    if (file !== null) former.set(name, file);
  }
  const profiles = new Map([...found.profiles, ...former]);
  const { refuseUnknownProfiles: refuseUnknown } = await import('../unknown-profile.ts');
  refuseUnknown(names, [...profiles.keys(), OWN_LOG], disabled);
  return { ...found, profiles };
}

/** The log file of a profile that was removed from the config; null if none is left. */
async function removedProfileFile(name: string, folder: string): Promise<string | null> {
  if (basename(name) !== name) return null;
  const file = defaultLogPath(folder, name);
  if (existsSync(file)) return file;
  const { rotated } = await listRotated((await logTarget(file)).path);
  return rotated.length > 0 ? file : null;
}

/** The folder of the logs, and the paths that are recorded there: by the gwproxy that was started with this path, if any. */
async function recordedLogs(
  configFile: string,
): Promise<{ readonly folder: string; readonly written: LogIndex | null }> {
  for (const folder of stateFolders(configFile, process.env).map(logsFolder)) {
    const written = await readRecordedLogs(folder);
    if (written !== null) return { folder, written };
  }
  realConfigPath(configFile);
  return { folder: logsFolder(stateFolder(configFile, process.env)), written: null };
}

async function readRecordedLogs(folder: string): Promise<LogIndex | null> {
  try {
    return await readLogIndex(folder);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === null) throw cause;
    throw new CommandError(
      EXIT.failure,
      `the paths of the log files cannot be read in ${folder} (${code}); run the command as the user who owns it, or set GWPROXY_STATE_DIR`,
      { cause },
    );
  }
}

/** The log files by the config, joined with the recorded ones, and the names of its disabled profiles. */
async function logsFromConfig(
  configFile: string,
  folder: string,
  written: LogIndex | null,
): Promise<{ readonly found: LogIndex; readonly disabled: readonly string[] }> {
  const [{ loadConfig }, { realFiles }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../config/source/files.ts'),
  ]);
  const loaded = await loadConfig(configFile, { env: process.env, files: realFiles });
  if (!loaded.ok) {
    if (written !== null) return { found: written, disabled: [] };
    const { loadPlan } = await import('../load-config.ts');
    // Throws the error that lists the config's problems.
    await loadPlan(configFile);
    return { found: { own: join(folder, `${OWN_LOG}.log`), profiles: new Map() }, disabled: [] };
  }
  const { logs, profiles } = loaded.plan;
  const where = logs.folder ?? folder;
  const planned = profiles.map(
    ({ name, logFile }) => [name, logFile ?? defaultLogPath(where, name)] as const,
  );
  // A running gwproxy writes to the recorded files, even if the config names others by now.
  const found = {
    own: written?.own ?? join(where, `${OWN_LOG}.log`),
    profiles: new Map([...planned, ...(written?.profiles ?? [])]),
  };
  return { found, disabled: loaded.disabled };
}
