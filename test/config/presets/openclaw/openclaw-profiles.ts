import type { TestContext } from 'node:test';
import type { Written } from '../../folder.ts';
import { loadBeside, type Outcome, planIn } from '../support/load-beside.ts';

/** The config of a gateway that starts, and that gwproxy may speak to; `more` follows inside its braces. */
export function openClawJson(more = '', port = 18789): string {
  return `{
  gateway: { mode: 'local', port: ${port}, trustedProxies: ['127.0.0.1'], },
  ${more}
}
`;
}

/** Loads that gwproxy.yaml beside those files, with a program `openclaw` on the PATH. `home` is the home folder. */
export function load(t: TestContext, config: string, files: Written): Promise<Outcome> {
  return loadBeside(t, 'openclaw', config, { ...files, 'home/README': '\n' });
}

export async function planOf(t: TestContext, config: string, files: Written) {
  return planIn(await load(t, config, files));
}
