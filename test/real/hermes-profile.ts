import { createHmac, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from '../support/root.ts';
import { activity, type Sending } from '../support/senders.ts';

/** Where scripts/setup-hermes.sh has put the real gateways. */
const INSTALLED = process.env.GWPROXY_HERMES_DIR ?? join(root, '.hermes');

const HOME = join(INSTALLED, 'home');

const LOG_DEADLINE_MS = 60_000;
const LOG_INTERVAL_MS = 50;

/** One of the four profiles that scripts/setup-hermes.sh makes. */
export interface HermesProfile {
  readonly name: string;
  /** Its Bot Framework app id. */
  readonly app: string;
}

export const PROFILES: readonly HermesProfile[] = [
  'inbox-triage',
  'calendar-concierge',
  'security-buddy',
  'onboarding-helper',
].map((name, index) => ({ name, app: `00000000-0000-0000-0000-00000000000${index + 1}` }));

/** A program of theirs. Throws where they are not set up. */
export function hermesProgram(name: string): string {
  const file = join(INSTALLED, 'venv', 'bin', name);
  if (!existsSync(file)) throw new Error(`there is no ${file}; run scripts/setup-hermes.sh first`);
  return file;
}

/** The environment in which examples/hermes/gwproxy.yaml finds them: `hermes` on the PATH, the profiles at home. */
export function hermesEnv(): Record<string, string> {
  return { PATH: `${dirname(hermesProgram('hermes'))}:${process.env.PATH}`, HOME };
}

/** A text that no log holds yet. */
export function mark(profile: HermesProfile): string {
  return `${profile.name}-${randomUUID()}`;
}

/**
 * A webhook to that profile's route `ping`, signed as Hermes' webhook platform wants it: HMAC-SHA256 over
 * `<timestamp>.<body>`. Its log names the request by the mark.
 */
export function ping(profile: HermesProfile, marked: string): Sending {
  const body = JSON.stringify({ msg: 'hello' });
  const timestamp = String(Math.floor(Date.now() / 1000));
  return {
    path: `/p/${profile.name}/webhooks/ping`,
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-Request-ID': marked,
      'X-Webhook-Timestamp': timestamp,
      'X-Webhook-Signature-V2': createHmac('sha256', `invented-secret-of-${profile.name}`)
        .update(`${timestamp}.${body}`)
        .digest('hex'),
    },
  };
}

/** A Teams message to that profile's app, without a token. Its log names the request by the conversation. */
export function message(profile: HermesProfile, marked: string): Sending {
  return activity({ app: profile.app, text: 'hello', conversation: marked });
}

/** The profiles whose own log holds that text, now. */
export async function holders(text: string): Promise<readonly string[]> {
  const logs = await Promise.all(
    PROFILES.map(({ name }) =>
      readFile(join(HOME, '.hermes', 'profiles', name, 'logs', 'agent.log'), 'utf8'),
    ),
  );
  return PROFILES.filter((_, index) => logs[index]?.includes(text)).map(({ name }) => name);
}

/** The same, once a log holds it. */
export async function loggedBy(text: string): Promise<readonly string[]> {
  const deadline = Date.now() + LOG_DEADLINE_MS;
  for (;;) {
    const found = await holders(text);
    if (found.length > 0) return found;
    if (Date.now() > deadline) throw new Error(`no profile's log holds '${text}'`);
    await wait(LOG_INTERVAL_MS);
  }
}
