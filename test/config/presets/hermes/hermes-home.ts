import type { TestContext } from 'node:test';
import type { Written } from '../../folder.ts';
import { loadBeside, type Outcome, planIn } from '../support/load-beside.ts';

/** The files of one Hermes profile; `''` is an empty file. */
export interface Profile {
  readonly config?: string;
  readonly env?: string;
}

/** Those profiles' files, by path below a home folder; `default` is in the root itself. */
export function filesOf(profiles: Readonly<Record<string, Profile>>, root = 'home/.hermes'): Written {
  const files = Object.entries(profiles).flatMap(([name, { config, env }]) => {
    const home = name === 'default' ? root : `${root}/profiles/${name}`;
    return [
      ...(config === undefined ? [] : [[`${home}/config.yaml`, config] as const]),
      ...(env === undefined ? [] : [[`${home}/.env`, env] as const]),
    ];
  });
  return Object.fromEntries(files);
}

/** Loads that gwproxy.yaml beside those files, with a program `hermes` on the PATH. */
export function load(t: TestContext, config: string, files: Written): Promise<Outcome> {
  return loadBeside(t, 'hermes', config, files);
}

export async function planOf(t: TestContext, config: string, files: Written) {
  return planIn(await load(t, config, files));
}

export const APP = '00000000-0000-0000-0000-00000000000a';
export const OTHER_APP = '00000000-0000-0000-0000-00000000000b';

/** Four of the five platforms that open a port. Teams is left out, since it clashes with Agent 365 at /api/messages. */
export const FULL = `platforms:
  agent365:
    enabled: true
    extra: { slug: inbox, port: 18681, tenant_id: invented, app_id: ${APP}, blueprint_client_secret: hush }
  webhook:
    enabled: true
    extra: { host: 127.0.0.1, port: 18641, routes: {} }
  msgraph_webhook:
    enabled: true
    extra: { host: 127.0.0.1, port: 18661, client_state: hush }
  api_server:
    enabled: true
    extra: { port: 18651, key: hush-hush-hush-hush }
`;

export const WEBHOOK = `platforms:
  webhook:
    enabled: true
    extra: { host: 127.0.0.1, port: 18641 }
`;

/** Without it, a named profile is warned of. */
export const STANDALONE = 'gateway: { standalone: true }\n';
