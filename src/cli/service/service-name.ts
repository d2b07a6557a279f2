import { basename, dirname, extname } from 'node:path';
import { pathWithoutLinks, stateFolder } from '../../state-folder.ts';

/** The name of a config's service, installed or not; the config need not exist, so that its service can be removed. */
export function serviceNameOf(configFile: string, env: NodeJS.ProcessEnv): string {
  return serviceName(pathWithoutLinks(configFile), basename(stateFolder(configFile, env)));
}

/** A readable name from folder and file, made unique by the id of the config's state folder. Pure. */
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
