import { createHmac, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { hasCode } from '../../src/util/errno.ts';
import { root } from '../support/root.ts';
import { activity, type Sending } from '../support/senders.ts';

/** Where scripts/setup-hermes.sh has put the real gateways. */
const INSTALLED = process.env.GWPROXY_HERMES_DIR ?? join(root, '.hermes');

const LOG_DEADLINE_MS = 120_000;
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

/** The profiles share one Hermes home, or have one each. */
export type Form = 'one home' | 'a home each';

/** Four real profiles of one version. */
export class HermesSetup {
  readonly version: string;
  readonly form: Form;
  readonly #folder: string;

  constructor(version: string, form: Form, folder: string) {
    this.version = version;
    this.form = form;
    this.#folder = folder;
  }

  /** The environment in which gwproxy finds them: `hermes` on the PATH, the shared home below HOME. */
  get env(): Record<string, string> {
    return { PATH: `${join(this.#folder, 'venv', 'bin')}:${process.env.PATH}`, HOME: this.userHome };
  }

  get userHome(): string {
    return join(this.#folder, 'home');
  }

  /** What follows `gwproxy init --hermes`. */
  get homes(): readonly string[] {
    return this.form === 'one home' ? [] : PROFILES.map(({ name }) => this.folderOf(name));
  }

  /** The folder of a profile. */
  folderOf(name: string): string {
    return this.form === 'one home'
      ? join(this.userHome, '.hermes', 'profiles', name)
      : join(this.userHome, 'roots', name);
  }

  /** A program of theirs. Throws where they are not set up. */
  program(name: string): string {
    const file = join(this.#folder, 'venv', 'bin', name);
    if (!existsSync(file)) throw new Error(`there is no ${file}; run scripts/setup-hermes.sh first`);
    return file;
  }

  /** The profiles in whose own log `isIn` finds what it looks for, now. */
  async holders(isIn: (log: string, profile: string) => boolean): Promise<readonly string[]> {
    const logs = await Promise.all(PROFILES.map(({ name }) => logIn(this.folderOf(name))));
    return PROFILES.filter(({ name }, index) => isIn(logs[index] ?? '', name)).map(({ name }) => name);
  }

  /** The same, once it is in one. */
  async loggedBy(what: string, isIn: (log: string, profile: string) => boolean): Promise<readonly string[]> {
    const deadline = Date.now() + LOG_DEADLINE_MS;
    for (;;) {
      const found = await this.holders(isIn);
      if (found.length > 0) return found;
      if (Date.now() > deadline) throw new Error(`no profile's log holds ${what}`);
      await wait(LOG_INTERVAL_MS);
    }
  }

  /**
   * Notices which profiles' Agent 365 then refuse an activity without a token. The newer one does not log which, so that
   * its refusals are counted.
   */
  async refusals(): Promise<(marked: string) => Promise<readonly string[]>> {
    const before = new Map<string, number>();
    for (const { name } of PROFILES) before.set(name, refusalsIn(await logIn(this.folderOf(name))));
    return (marked) =>
      this.loggedBy(`a refusal of ${marked}`, (log, profile) =>
        this.version === OLDER.version
          ? log.includes(`conv=${marked}`)
          : refusalsIn(log) > (before.get(profile) ?? 0),
      );
  }
}

function refusalsIn(log: string): number {
  return log.match(/inbound 401/g)?.length ?? 0;
}

/** Whether a profile has answered the webhook with that mark. The newer version names it by `v2:` and JSON in base64url. */
export function hasTurn(log: string, marked: string, answer: string): boolean {
  const turns = log.matchAll(/Response for webhook:(\S+): (.*)/g);
  return [...turns].some(([, id = '', text]) => {
    const readable = id.startsWith('v2:') ? Buffer.from(id.slice(3), 'base64url').toString('utf8') : id;
    return readable.includes(marked) && text === answer;
  });
}

const OLDER = { version: '0.19.0', folder: INSTALLED };
const NEWER = { version: '0.22.2', folder: join(INSTALLED, '0.22') };

/** Both versions in both forms. */
export const SETUPS: readonly HermesSetup[] = [OLDER, NEWER].flatMap(({ version, folder }) =>
  (['one home', 'a home each'] as const).map((form) => new HermesSetup(version, form, folder)),
);

/** The profiles of examples/hermes. */
export const OLDER_SETUP: HermesSetup = new HermesSetup(OLDER.version, 'one home', OLDER.folder);

export const NEWER_SETUP: HermesSetup = new HermesSetup(NEWER.version, 'one home', NEWER.folder);

/** A program of the older version. Throws where it is not set up. */
export function hermesProgram(name: string): string {
  return OLDER_SETUP.program(name);
}

/** The log of the profile in that folder; empty if it has none yet. */
export async function logIn(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, 'logs', 'agent.log'), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

/** A text that no log holds yet. */
export function mark(profile: HermesProfile): string {
  return `${profile.name}-${randomUUID()}`;
}

/**
 * A webhook to that profile's route, signed as Hermes' webhook platform wants it: HMAC-SHA256 over `<timestamp>.<body>`.
 * Its log names the request by the mark.
 */
export function ping(profile: HermesProfile, marked: string, route = 'ping'): Sending {
  const body = JSON.stringify({ msg: 'hello' });
  const timestamp = String(Math.floor(Date.now() / 1000));
  return {
    path: `/p/${profile.name}/webhooks/${route}`,
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
