import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Event, Report } from '../../events.ts';
import { errorMessage } from '../../util/errno.ts';
import { printError } from '../print.ts';

const run = promisify(execFile);

/** ms. systemd-notify takes milliseconds; if systemd hangs, its processes must not pile up. */
const NOTIFY_TIMEOUT = 10_000;

/** The message that `up` sends to a parent with an IPC channel; pm2's wait_ready expects the same. */
export const READY = 'ready';

/**
 * Notifies the process that started gwproxy when it listens and when it stops: systemd if NOTIFY_SOCKET is set
 * (sd_notify(3)), and a parent with an IPC channel (`up --detach`). A failure is printed once and ignored.
 */
export function createStartNotifier(env: NodeJS.ProcessEnv): Report {
  const notify = env['NOTIFY_SOCKET'] ? createNotify() : () => {};
  return (event) => {
    if (event.type === 'door.listening') {
      // It fails if the parent has ended; nobody needs to know then.
      process.send?.(READY, undefined, {}, () => {});
      notify(['--ready', `--pid=${process.pid}`, `--status=${listening(event)}`]);
    } else if (event.type === 'app.stopping') {
      // TimeoutStopSec in the unit was computed from the config at installation, which may have changed.
      const extend = `EXTEND_TIMEOUT_USEC=${event.within * 1000}`;
      notify(['STOPPING=1', extend, `--status=${event.atOnce ? 'stopping at once' : 'stopping'}`]);
    }
  };
}

function listening({ host, port }: Extract<Event, { type: 'door.listening' }>): string {
  return `listening on ${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Sends messages to systemd one after the other. The socket takes datagrams, which Node cannot send over a Unix socket,
 * so systemd's own program sends them.
 */
function createNotify(): (args: readonly string[]) => void {
  let last = Promise.resolve();
  let failed = false;
  return (args) => {
    last = last.then(async () => {
      if (failed) return;
      try {
        await run('systemd-notify', args, { timeout: NOTIFY_TIMEOUT });
      } catch (error) {
        failed = true;
        const why = errorMessage(error).trim();
        printError(`gwproxy: notifying systemd failed: ${why}`);
      }
    });
  };
}
