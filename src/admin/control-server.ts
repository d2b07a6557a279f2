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

/** What the owner may ask of a running gwproxy. Each rejects with a CommandError that says why not. */
export interface Commands {
  status(): Promise<Status>;
  down(atOnce: boolean): Promise<void>;
  start(profile: string): Promise<void>;
  stop(profile: string): Promise<void>;
  restart(profile: string): Promise<void>;
  reload(): Promise<ReloadResult>;
  unmatched(): readonly UnmatchedEntry[];
  /** How many were forgotten. */
  clearUnmatched(): number;
  /** Null where this gwproxy spools nothing. */
  readonly spool: SpoolCommands | null;
}

export interface Control {
  /** Resolves once every answer that is due has left; bounded. */
  close(): Promise<void>;
}

/** ms: a reload may wait for a disk that hangs. */
const ANSWERED_WITHIN = 5000;

/** No longer a name than the control socket's own, whose path has to fit. */
const LOCK = 'control.lock';

/** ms between two looks whether the socket is still there. */
const LOOK = 5000;

export interface ControlOptions {
  readonly folder: string;
  readonly commands: Commands;
  readonly report: Report;
  /** ms */
  readonly look?: number;
}

/**
 * Listens on the control socket: HTTP with JSON, in a folder that only its owner can enter. Whoever removes the
 * socket (a cleaner of temporary files does) has it made again. Throws a CommandError (73) where a gwproxy already
 * answers on it; a socket that nobody answers on is taken over.
 */
export async function startControl(options: ControlOptions): Promise<Control> {
  const { folder, commands, report, look = LOOK } = options;
  const path = controlSocketPath(folder);
  const due = new Set<Promise<unknown>>();

  async function open(): Promise<Server> {
    makeStateFolder(folder);
    const opened = createServer((request, response) => {
      const left = new Promise((resolve) => response.once('close', resolve));
      due.add(left);
      void left.then(() => due.delete(left));
      void handle(commands, request, response);
    });
    await listenAlone(opened, path, join(folder, LOCK));
    chmodSync(path, 0o600);
    return opened;
  }

  let server = await open();
  let restoring: Promise<void> | undefined;
  let isTold = false;

  async function restore(): Promise<void> {
    try {
      // First: its end takes away what lies at its path.
      server.close();
      server = await open();
      isTold = false;
      report({ type: 'control.restored', path });
    } catch (error) {
      if (!isTold) report({ type: 'control.lost', path, reason: errorMessage(error) });
      isTold = true;
    }
  }

  const timer = setInterval(() => {
    if (restoring !== undefined || existsSync(path)) return;
    restoring = restore().finally(() => {
      restoring = undefined;
    });
  }, look);

  return {
    async close() {
      clearInterval(timer);
      await restoring;
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.race([Promise.all(due), pause(ANSWERED_WITHIN, undefined, { ref: false })]);
      // Who has asked nothing waits for no answer, and would keep the process for as long as it likes.
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

/** The answer's JSON, or undefined for a command that is not known. */
async function run(commands: Commands, call: string): Promise<unknown> {
  if (call === 'GET /status') return commands.status();
  if (call === 'POST /reload') return commands.reload();
  if (call === 'GET /unmatched') return { unmatched: commands.unmatched() };
  if (call === 'POST /unmatched/clear') return { cleared: commands.clearUnmatched() };
  if (call === 'POST /down' || call === 'POST /down?at_once') {
    await commands.down(call.endsWith('?at_once'));
    return { stopped: true };
  }
  if (call === 'GET /spool') return { spool: commands.spool?.list() ?? [] };
  const [, action, query = ''] = SPOOL_COMMAND.exec(call) ?? [];
  if (action !== undefined) return changeSpool(commands.spool, action, query);
  const [, written, verb] = PROFILE_COMMAND.exec(call) ?? [];
  const profile = written === undefined ? null : decoded(written);
  if (profile === null) return undefined;
  if (verb === 'start') await commands.start(profile);
  else if (verb === 'stop') await commands.stop(profile);
  else await commands.restart(profile);
  return { profile };
}

/** Null where it is none of encodeURIComponent. */
function decoded(written: string): string | null {
  try {
    return decodeURIComponent(written);
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
