import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Event, Report } from '../../events.ts';
import { errorMessage } from '../../util/errno.ts';

const run = promisify(execFile);

/** It answers in milliseconds; a service manager that hangs must not collect them. */
const NOTIFY_TIMEOUT = 10_000;

/** What `up` tells a parent that gave it a channel; pm2's wait_ready waits for the same word. */
export const READY = 'ready';

/**
 * Tells whoever started gwproxy how it stands: systemd where NOTIFY_SOCKET is set (sd_notify(3)), and a parent
 * with a channel (`up --detach`). Neither is needed to run: what fails is said once, on stderr.
 */
export function createStartNotifier(env: NodeJS.ProcessEnv): Report {
  const notify = env['NOTIFY_SOCKET'] ? createNotify() : () => {};
  return (event) => {
    if (event.type === 'door.listening') {
      // Nobody is left to tell where that fails: the parent has gone.
      process.send?.(READY, undefined, {}, () => {});
      notify(['--ready', `--pid=${process.pid}`, `--status=${listening(event)}`]);
    } else if (event.type === 'app.stopping') {
      // The unit's TimeoutStopSec is that of the config as it was when the service was installed.
      const extend = `EXTEND_TIMEOUT_USEC=${event.within * 1000}`;
      notify(['STOPPING=1', extend, `--status=${event.atOnce ? 'stopping at once' : 'stopping'}`]);
    }
  };
}

function listening({ host, port }: Extract<Event, { type: 'door.listening' }>): string {
  return `listening on ${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * One message after the other, in order. The socket takes datagrams, which Node cannot send over a Unix socket:
 * hence systemd's own program.
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
        console.error(`gwproxy: systemd is not told how it stands: ${why}`);
      }
    });
  };
}
