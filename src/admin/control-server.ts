import { chmodSync, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, EXIT } from '../errors.ts';
import type { Report } from '../events.ts';
import { controlSocketPath, makeStateFolder } from '../state-folder.ts';
import { errorMessage } from '../util/errno.ts';
import { listenAlone } from './control-socket.ts';
import type { ReloadResult } from './reload-answer.ts';
import { readChosen, type SpoolCommands } from './spool-view.ts';
import type { Status } from './status.ts';
import type { UnmatchedEntry } from './unmatched-view.ts';

/** The commands of a running gwproxy. Each rejects with a CommandError if it fails. */
export interface Commands {
  status(): Promise<Status>;
  /** `atOnce` skips draining. */
  down(atOnce: boolean): Promise<void>;
  start(profile: string): Promise<void>;
  stop(profile: string): Promise<void>;
  restart(profile: string): Promise<void>;
  reload(): Promise<ReloadResult>;
  unmatched(): readonly UnmatchedEntry[];
  /** Returns how many entries were removed. */
  clearUnmatched(): number;
  /** Null if this gwproxy spools nothing. */
  readonly spool: SpoolCommands | null;
}

export interface Control {
  /** Resolves once every request is answered; after 5 s in any case. */
  close(): Promise<void>;
}

/** ms that close() waits for answers: a reload may hang on a disk. */
const CLOSE_TIMEOUT = 5000;

/**
 * The name of the lock socket, no longer than the control socket's, so that its path fits into a socket address too.
 */
const LOCK = 'control.lock';

/** ms between two checks whether the socket still exists. */
const CHECK_EVERY = 5000;

export interface ControlOptions {
  readonly folder: string;
  readonly commands: Commands;
  readonly report: Report;
  /** ms between two checks whether the socket still exists. */
  readonly checkEvery?: number;
}

/**
 * Listens on the control socket: HTTP with JSON, in a folder that only its owner can enter. If the socket is removed (by
 * a cleaner of temporary files, say) it is created again. Throws a CommandError (73) if a gwproxy already answers on it;
 * a socket that no process answers on is taken over.
 */
export async function startControl(options: ControlOptions): Promise<Control> {
  const { folder, commands, report, checkEvery = CHECK_EVERY } = options;
  const path = controlSocketPath(folder);
  /** One for each request, resolved when its answer is sent. */
  const pending = new Set<Promise<unknown>>();

  async function open(): Promise<Server> {
    makeStateFolder(folder);
    const opened = createServer((request, response) => {
      const sent = new Promise((resolve) => response.once('close', resolve));
      pending.add(sent);
      void sent.then(() => pending.delete(sent));
      void handle(commands, request, response);
    });
    await listenAlone(opened, path, join(folder, LOCK));
    chmodSync(path, 0o600);
    return opened;
  }

  let server = await open();
  let restoring: Promise<void> | undefined;
  let isReported = false;

  async function restore(): Promise<void> {
    try {
      // Closed first, since closing a server removes the file at its path.
      server.close();
      server = await open();
      isReported = false;
      report({ type: 'control.restored', path });
    } catch (error) {
      if (!isReported) report({ type: 'control.lost', path, reason: errorMessage(error) });
      isReported = true;
    }
  }

  const timer = setInterval(() => {
    if (restoring !== undefined || existsSync(path)) return;
    restoring = restore().finally(() => {
      restoring = undefined;
    });
  }, checkEvery);

  return {
    async close() {
      clearInterval(timer);
      await restoring;
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.race([Promise.all(pending), pause(CLOSE_TIMEOUT, undefined, { ref: false })]);
      // A client that has sent no request would keep the process alive.
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handle(commands: Commands, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  const send = (status: number, value: unknown): void => {
    response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' });
    response.end(JSON.stringify(value));
  };
  try {
    const answer = await run(commands, `${request.method} ${request.url}`);
    if (answer === undefined)
      send(404, { error: 'this gwproxy does not know that command', exitCode: EXIT.usage });
    else send(200, answer);
  } catch (error) {
    const exitCode = error instanceof CommandError ? error.exitCode : EXIT.failure;
    send(500, { error: errorMessage(error), exitCode });
  }
}

const SPOOL_COMMAND = /^POST \/spool\/(retry|drop)\?(.+)$/;
const PROFILE_COMMAND = /^POST \/profiles\/([^/]+)\/(start|stop|restart)$/;

/** Runs the command `<method> <target>` and returns the value to answer; undefined for an unknown command. */
async function run(commands: Commands, call: string): Promise<unknown> {
  if (call === 'GET /status') return commands.status();
  if (call === 'POST /reload') return commands.reload();
  if (call === 'GET /unmatched') return { unmatched: commands.unmatched() };
  if (call === 'POST /unmatched/clear') return { cleared: commands.clearUnmatched() };
  if (call === 'POST /down' || call === 'POST /down?at_once') {
    await commands.down(call.endsWith('?at_once'));
    return { stopped: true };
  }
  if (call === 'GET /spool') return commands.spool?.list() ?? { spool: [], unreadable: [] };
  const [, action, query = ''] = SPOOL_COMMAND.exec(call) ?? [];
  if (action !== undefined) return changeSpool(commands.spool, action, query);
  const [, encoded, verb] = PROFILE_COMMAND.exec(call) ?? [];
  const profile = encoded === undefined ? null : decoded(encoded);
  if (profile === null) return undefined;
  if (verb === 'start') await commands.start(profile);
  else if (verb === 'stop') await commands.stop(profile);
  else await commands.restart(profile);
  return { profile };
}

/** Null if it is not percent-encoded text. */
function decoded(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

async function changeSpool(spool: SpoolCommands | null, action: string, query: string): Promise<unknown> {
  const chosen = readChosen(query);
  if (chosen === undefined) return undefined;
  if (spool === null) return { changed: 0 };
  return { changed: await (action === 'retry' ? spool.retry(chosen) : spool.drop(chosen)) };
}
