import { isIP } from 'node:net';
import { homedir, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { formatProblem, loadConfig } from '../../config/load.ts';
import { realFiles } from '../../config/source/files.ts';
import { stopTime } from '../../config/stop-time.ts';
import type { Plan } from '../../config/types.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { stateFolder } from '../../state-folder.ts';
import { loadPlan } from '../load-config.ts';
import { MAIN_PATH } from '../main-path.ts';
import type { Account } from './account.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { serviceNameOf } from './service-name.ts';

/** The variables of this shell that the service gets, if they are set. No others, since a unit must hold no secrets. */
const PASSED_VARIABLES = ['PATH', 'LANG', 'LC_ALL', 'TZ'] as const;
/** The variables that decide where the state folder is; without them `gwproxy status` would not find the service. */
const FOLDER_VARIABLES = ['GWPROXY_STATE_DIR', 'XDG_STATE_HOME'] as const;

export interface DescribedService {
  readonly service: ServiceDefinition;
  /** Printed before the service is installed. */
  readonly warnings: readonly string[];
}

/**
 * Describes the service of a config. The config is loaded twice, with this shell's variables and with those of the
 * service, and has to be valid both times. `account` is the one that a system unit runs as. Throws a CommandError (78)
 * with every problem.
 */
export async function describeService(
  configFile: string,
  { account, socket }: { readonly account: Account | null; readonly socket: boolean },
  env: NodeJS.ProcessEnv,
): Promise<DescribedService> {
  const file = resolve(configFile);
  const home = account?.home ?? (env['HOME'] || homedir());
  const user = account?.name ?? env['USER'] ?? userInfo().username;
  const { plan } = await loadPlan(configFile, realFiles, { ...env, HOME: home, USER: user });
  const kept = passedVariables(env);
  const service: ServiceDefinition = {
    name: serviceNameOf(configFile, env),
    configFile: file,
    folder: dirname(file),
    stateFolder: stateFolder(configFile, env),
    node: process.execPath,
    main: MAIN_PATH,
    env: kept,
    stopTime: stopTime(plan),
    socket: socket ? listenStream(plan.listen) : null,
    user: account?.name ?? null,
  };
  refuseUnwritablePaths(service.node, [
    file,
    service.folder,
    service.node,
    service.main,
    ...Object.values(kept),
  ]);
  const differing = await profilesThatDiffer(file, { ...kept, HOME: home, USER: user }, plan);
  return { service, warnings: [...warningsOf(service), ...differing] };
}

/** The address for ListenStream= (systemd.socket(5)), which takes no host names. Throws a CommandError. Pure. */
export function listenStream({ host, port }: Plan['listen']): string {
  const address = host === 'localhost' ? '127.0.0.1' : host;
  if (isIP(address) !== 0 && port !== 0) return `${address.includes(':') ? `[${address}]` : address}:${port}`;
  throw new CommandError(
    EXIT.failure,
    `a socket unit needs an address and a port in \`listen:\`, such as 127.0.0.1:3978, not ${host}:${port}`,
  );
}

function passedVariables(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const kept = (name: string): readonly (readonly [string, string])[] => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[name, value]];
  };
  return Object.fromEntries([
    ...PASSED_VARIABLES.flatMap(kept),
    ...FOLDER_VARIABLES.flatMap(kept).map(([name, folder]) => [name, resolve(folder)] as const),
  ]);
}

/** Throws a CommandError for text that a unit's lines cannot hold, and for quotes in the program's path. */
function refuseUnwritablePaths(program: string, texts: readonly string[]): void {
  const found = texts.find((text) => /\p{Cc}|[\s\\]$/u.test(text));
  if (found === undefined && !/["'\\]/.test(program)) return;
  throw new CommandError(
    EXIT.failure,
    `a service file cannot hold ${JSON.stringify(found ?? program)}: it has a control character, ends in a blank or a ` +
      'backslash, or is the path of a program and has a quote',
  );
}

function warningsOf({ main, user }: ServiceDefinition): readonly string[] {
  return [
    ...(/[\\/]_npx[\\/]/.test(main)
      ? [
          `${main} lies in npx's cache, which may be cleared; install gwproxy first (npm install --global gwproxy)`,
        ]
      : []),
    ...(user === 'root'
      ? [
          'the service runs as root, and so do gateways without `user:`; for another account, run sudo from that one',
        ]
      : []),
  ];
}

/** Loads the config with the service's environment; warns of profiles that differ. Throws a CommandError if it is invalid. */
async function profilesThatDiffer(
  file: string,
  env: Readonly<Record<string, string>>,
  here: Plan,
): Promise<readonly string[]> {
  const loaded = await loadConfig(file, { env });
  const only = `a service gets only ${Object.keys(env).join(', ')} of this shell's variables; write the others into an env_file`;
  if (!loaded.ok) {
    const problems = loaded.problems.map((problem) => formatProblem(problem, process.cwd(), loaded.texts));
    throw new CommandError(
      EXIT.invalidConfig,
      [...problems, `the config is valid in this shell, but not for a service: ${only}`].join('\n'),
    );
  }
  const there = new Map(loaded.plan.profiles.map((profile) => [profile.name, profile]));
  const differing = here.profiles
    .filter((profile) => !isDeepStrictEqual(comparable(profile), comparable(there.get(profile.name))))
    .map(({ name }) => name);
  return differing.length === 0
    ? []
    : [`these profiles will differ from what they are in this shell: ${differing.join(', ')}; ${only}`];
}

/** TMPDIR differs between sessions without changing what a profile means, so it is left out. */
function comparable(profile: Plan['profiles'][number] | undefined): unknown {
  if (profile === undefined || profile.launch.kind === 'url') return profile;
  const { TMPDIR: _session, ...env } = profile.launch.env;
  return { ...profile, launch: { ...profile.launch, env } };
}
