import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { VerifyRules } from '../../../src/config/types.ts';
import type { Door } from '../../../src/door/door.ts';
import { SPOOL_LIMITS, type SpoolLimits } from '../../../src/door/spool/store/budget.ts';
import { type Disk, nodeDisk } from '../../../src/door/spool/store/disk.ts';
import { FolderStore } from '../../../src/door/spool/store/folder.ts';
import { readJwks } from '../../../src/jwks.ts';
import type { ProfileRules, Target } from '../../../src/snapshot.ts';
import { githubIssue, type Sending, slackEvent } from '../../support/senders.ts';
import { APP, jwks, signingKey, token, tokenRules } from '../verify/support.ts';
import { appRoute, type Bot, keyedRoute, startBot, startDoor, type TestDoor, target } from './door.ts';
import { rules } from './verified.ts';

const KEY = signingKey('key-1');

/** All that the senders of these tests prove themselves with. */
export const VERIFY: Partial<VerifyRules> = {
  botFramework: tokenRules({ keys: { kind: 'file', keys: keysOf(jwks(KEY)) } }),
  slack: ['slack-secret'],
  github: ['github-secret'],
  telegram: ['telegram-secret'],
};

export const ROUTES = [
  appRoute('inbox', APP),
  keyedRoute('inbox', 'slack', { team: ['T1'] }),
  keyedRoute('inbox', 'github', { repository: ['a/b'] }),
  keyedRoute('inbox', 'telegram', { secret_token: ['telegram-secret'] }),
];

function keysOf(set: string) {
  const read = readJwks(set);
  assert.ok(read.ok);
  return read.keys;
}

export interface Message {
  /** Null for one without an id. */
  readonly id?: string | null;
  readonly conversation?: string;
  readonly text?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Seconds from now at which its token expires. */
  readonly expires?: number;
}

let messages = 0;

/** A message of Bot Framework's, its token signed; each has an id of its own. */
export function message(options: Message = {}): Sending {
  const { conversation = 'a:1', text = 'hi', fields = {}, expires = 3600 } = options;
  messages += 1;
  const id = options.id === undefined ? `m-${messages}` : options.id;
  const body = JSON.stringify({
    type: 'message',
    ...(id !== null && { id }),
    channelId: 'msteams',
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    from: { id: '29:invented-sender' },
    recipient: { id: `28:${APP}` },
    conversation: { id: conversation },
    text,
    ...fields,
  });
  const exp = Math.floor(Date.now() / 1000) + expires;
  return {
    path: '/api/messages',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token(KEY, { exp })}` },
    body,
  };
}

export function invoke(): Sending {
  return message({ fields: { type: 'invoke', name: 'task/fetch' } });
}

export function slackMention(text = 'hi'): Sending {
  return slackEvent({ secret: 'slack-secret', team: 'T1', app: 'A1', text });
}

export function issue(title: string): Sending {
  return githubIssue({ secret: 'github-secret', repository: 'a/b', title });
}

/** What a gateway got, by the text of each message. */
export function texts({ requests }: Bot): readonly string[] {
  return requests.map(({ body }) => String(JSON.parse(body.toString()).text));
}

/** A gateway that answers what it has got when the test says so. */
export interface GatedBot extends Bot {
  /** Answers the oldest one that waits, and waits for one where none does. */
  answer(status?: number, body?: string): Promise<void>;
  /** How many wait for their answer. */
  readonly waiting: number;
  /** From now on each is answered at once, and those that wait are too. */
  open(): void;
}

export async function gatedBot(t: TestContext): Promise<GatedBot> {
  const waiting: ServerResponse[] = [];
  let isOpen = false;
  const bot = await startBot(t, (_req, res) => {
    if (isOpen) res.end('ok');
    else waiting.push(res);
  });
  return {
    ...bot,
    get waiting() {
      return waiting.length;
    },
    async answer(status = 200, body = 'ok') {
      await until(() => waiting.length > 0);
      const [res] = waiting.splice(0, 1);
      assert.ok(res);
      res.statusCode = status;
      res.end(body);
    },
    open() {
      isOpen = true;
      for (const res of waiting.splice(0)) res.end('ok');
    },
  };
}

/** Far more than any delivery of these tests needs. */
const WAIT = 20_000;

/** Resolves when it holds, looked at whenever the event loop turns. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const since = performance.now();
  while (!(await holds())) {
    if (performance.now() - since > WAIT) throw new Error(`not within ${WAIT} ms: ${holds}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface DoorOnFolder extends TestDoor {
  /** The newest snapshot from now on: the profile's one listener, at that port, as it is then. */
  be(state: Target['state'], port?: number, changes?: Partial<Target>): void;
  /** Resolves when nothing is spooled any more. */
  drained(): Promise<void>;
  spooled(): number;
}

export interface SpoolFolder {
  readonly path: string;
  /** Of the files in it that are deliveries. */
  names(place: 'new' | 'dead'): Promise<readonly string[]>;
  /** A door on it, of which there must be one at a time; its one profile is 'inbox', and is pending. */
  door(options?: {
    readonly rules?: readonly ProfileRules[];
    readonly limits?: Partial<SpoolLimits>;
    readonly disk?: Disk;
    /** Called before it listens. */
    readonly made?: (door: Door) => void;
  }): Promise<DoorOnFolder>;
}

/** A folder for a spool. */
export async function spoolFolder(t: TestContext): Promise<SpoolFolder> {
  const root = await mkdtemp(join(tmpdir(), 'gwproxy-door-'));
  const path = join(root, 'spool');
  const doors: DoorOnFolder[] = [];
  t.after(async () => {
    for (const { door } of doors) await door.close(0);
    await rm(root, { recursive: true, force: true });
  });
  return {
    path,
    names: (place) => readdir(join(path, place)),
    async door({ rules: given = [rules('inbox', VERIFY)], limits, disk = nodeDisk, made } = {}) {
      const spoolLimits = { ...SPOOL_LIMITS, ...limits };
      const one = await startDoor(t, {
        routes: ROUTES,
        targets: [target('inbox', 1, { state: 'pending' })],
        rules: given,
        ...(made !== undefined && { made }),
        spoolStore: new FolderStore({ folder: path, disk, limits: spoolLimits, now: Date.now }),
      });
      let port = 1;
      const door: DoorOnFolder = {
        ...one,
        be(state, at = port, changes = {}) {
          port = at;
          one.supervisor.publish(ROUTES, [target('inbox', at, { state, ...changes })]);
        },
        drained: () => until(() => door.spooled() === 0),
        spooled: () => one.door.stats().get('inbox')?.spooled ?? 0,
      };
      doors.push(door);
      return door;
    },
  };
}
