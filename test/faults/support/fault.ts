import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sendCommand } from '../../../src/admin/control-client.ts';
import { type ProfileStatus, parseStatus, type Status } from '../../../src/admin/status.ts';
import { controlSocketPath, stateFolder } from '../../../src/state-folder.ts';
import { type Env, type Gwproxy, runCli, startGwproxy } from '../../support/cli.ts';
import { fixture } from '../../support/root.ts';
import { descendants, isLiving, type Process, tagged } from './processes.ts';

/** ms that anything may take that waits for no timer of gwproxy's: the machine may be busy. */
const PATIENCE = 20_000;

/** A profile's config; `program` is a file in test/fixtures/gateways. */
export interface Gateway {
  readonly program: string;
  readonly [field: string]: unknown;
}

/** A config of gateways, and the gwproxy that runs them, for a test to inject a fault into. */
export interface Fault {
  /** Is in the arguments and the environment of every process of the test. */
  readonly tag: string;
  readonly folder: string;
  readonly config: string;
  /** Registers a clean-up. They run last first when the test has ended, before the folder is removed. */
  after(cleanUp: () => Promise<void> | void): void;
  /** Runs `gwproxy up`, again if the one before has ended. Resolves when those profiles are ready. */
  up(...ready: readonly string[]): Promise<Gwproxy>;
  cli(...args: readonly string[]): ReturnType<typeof runCli>;
  /** Sends a request through the door to `/p/PROFILE/…`. */
  ask(profile: string, path?: string, options?: RequestInit): Promise<Response>;
  /** Sends a request straight to the gateway's port, by which the test controls it. */
  tell(profile: string, path: string): Promise<string>;
  /** Resolves with the profile's status once the predicate holds for it. */
  until(profile: string, what: string, test: (status: ProfileStatus) => boolean): Promise<ProfileStatus>;
  /** The pids of all gateways' processes that run now. */
  processes(): Promise<readonly Process[]>;
}

export interface FaultOptions {
  readonly gateways: Readonly<Record<string, Gateway>>;
  /** Settings of the config besides its profiles. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * Writes a config. When the test has ended, passed or failed, gwproxy is stopped, and no process may be left: none with
 * the tag, and none that was gwproxy's when it was ready.
 */
export async function prepareFault(
  test: { after(cleanUp: () => Promise<void>): void },
  options: FaultOptions,
): Promise<Fault> {
  const folder = await mkdtemp(join(tmpdir(), 'gwproxy-fault-'));
  const tag = basename(folder);
  const config = join(folder, 'gwproxy.yaml');
  // JSON is YAML too.
  await writeFile(config, JSON.stringify(configOf(tag, options)));
  const env: Env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  const family = new Set<number>();
  const cleanUps: (() => Promise<void> | void)[] = [];
  let current: Gwproxy | undefined;

  test.after(async () => {
    try {
      for (const cleanUp of cleanUps.reverse()) await cleanUp();
    } finally {
      await nothingLeft(tag, [...family]);
    }
    await rm(folder, { recursive: true, force: true });
  });

  function after(cleanUp: () => Promise<void> | void): void {
    cleanUps.push(cleanUp);
  }
  function running(): Gwproxy {
    if (current === undefined) throw new Error('gwproxy has not been started');
    return current;
  }

  return {
    tag,
    folder,
    config,
    after,
    async up(...ready) {
      const gwproxy = askedDirectly(await startGwproxy({ after }, config, env), config, env);
      current = gwproxy;
      await Promise.all(ready.map((profile) => gwproxy.ready(profile)));
      for (const { pid } of await descendants(gwproxy.pid)) family.add(pid);
      return gwproxy;
    },
    cli: (...args) => runCli([...args, '-c', config], env),
    ask: (profile, path = '/', init = {}) =>
      fetch(`${running().url}/p/${profile}${path}`, { signal: AbortSignal.timeout(PATIENCE), ...init }),
    async tell(profile, path) {
      const [listener] = (await running().profile(profile)).listeners;
      const answer = await fetch(`http://127.0.0.1:${listener?.port}${path}`, {
        method: 'POST',
        signal: AbortSignal.timeout(PATIENCE),
      });
      return answer.text();
    },
    async until(profile, what, passes) {
      const since = performance.now();
      for (;;) {
        const status = await running().profile(profile);
        if (passes(status)) return status;
        if (performance.now() - since > PATIENCE) {
          throw new Error(`${what}: not within ${PATIENCE} ms: ${JSON.stringify(status)}`);
        }
        await pause(50);
      }
    },
    async processes() {
      return (await tagged(tag)).filter(({ pid }) => pid !== current?.pid);
    },
  };
}

/** Asks for the status over the control socket, since a process for each `gwproxy status` would be slow. */
function askedDirectly(gwproxy: Gwproxy, config: string, env: Env): Gwproxy {
  const socket = controlSocketPath(stateFolder(config, env));
  async function status(): Promise<Status> {
    return parseStatus(await sendCommand(socket, 'GET', '/status'));
  }
  return {
    ...gwproxy,
    status,
    async profile(name) {
      const found = (await status()).profiles.find((profile) => profile.name === name);
      assert.ok(found !== undefined, `a profile ${name}`);
      return found;
    },
  };
}

/** The pid in a gateway's answer. */
export async function pidIn(answer: Response): Promise<number> {
  assert.equal(answer.status, 200);
  const value: unknown = await answer.json();
  assert.ok(typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number');
  return value.pid;
}

/** The pid of a running profile. */
export function pidOf({ name, pid }: ProfileStatus): number {
  assert.ok(pid !== null, `${name} runs`);
  return pid;
}

/** Asserts that the fault of another gateway did not affect this one. */
export function assertUntouched(before: ProfileStatus, after: ProfileStatus): void {
  const { name, pid, generation, restarts } = before;
  assert.deepEqual(
    { name, pid, generation, restarts, state: 'ready' },
    {
      name: after.name,
      pid: after.pid,
      generation: after.generation,
      restarts: after.restarts,
      state: after.state,
    },
  );
}

function configOf(tag: string, { gateways, settings }: FaultOptions): object {
  const profiles = Object.entries(gateways).map(([name, { program, ...fields }]) => [
    name,
    { command: [process.execPath, fixture('gateways', program), tag], ...fields },
  ]);
  return {
    listen: '127.0.0.1:0',
    profile_paths: true,
    ...settings,
    defaults: { env: { FAULT_TEST: tag }, stop: { drain: '2s', grace: '2s' } },
    profiles: Object.fromEntries(profiles),
  };
}

/** No process is left after an orderly end, or soon after a kill. If one is left, it is ended and the test fails. */
async function nothingLeft(tag: string, family: readonly number[]): Promise<void> {
  for (const since = performance.now(); ; await pause(50)) {
    const left = await tagged(tag);
    const strays = family.filter(isLiving);
    if (left.length === 0 && strays.length === 0) return;
    if (performance.now() - since < 2000) continue;
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    assert.deepEqual({ left, strays }, { left: [], strays: [] }, 'no process of ours is left');
  }
}
