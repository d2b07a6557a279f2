import { basename, dirname, extname } from 'node:path';
import { realConfigPath, stateFolder } from '../../state-folder.ts';

/** Of that config's service, whether it is installed or not. Throws a CommandError where there is no such file. */
export function serviceNameOf(configFile: string, env: NodeJS.ProcessEnv): string {
  return serviceName(realConfigPath(configFile), basename(stateFolder(configFile, env)));
}

/** Pure. Readable where folder and file allow it, and told apart by the id of the config's state folder. */
export function serviceName(configFile: string, id: string): string {
  const stem = basename(configFile, extname(configFile));
  const words = [basename(dirname(configFile)), ...(stem === 'gwproxy' ? [] : [stem])];
  const slug = words
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return ['gwproxy', ...(slug === '' || slug === 'gwproxy' ? [] : [slug]), id.slice(0, 8)].join('-');
}
