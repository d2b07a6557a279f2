import { QUEUE_RULES, Queue, type QueueRules } from '../../../../src/door/spool/queue.ts';
import type { SendOutcome } from '../../../../src/door/spool/send-verdict.ts';
import { Spool } from '../../../../src/door/spool/spool.ts';
import { SPOOL_LIMITS, type SpoolLimits } from '../../../../src/door/spool/store/budget.ts';
import type { Disk } from '../../../../src/door/spool/store/disk.ts';
import { FolderStore } from '../../../../src/door/spool/store/folder.ts';
import type { SpoolRequest } from '../../../../src/door/spool/store/spooled-delivery.ts';
import type { Event } from '../../../../src/events.ts';
import { Timers } from '../../../../src/util/timers.ts';
import { MemoryDisk } from './memory-disk.ts';
import { NOW } from './requests.ts';

export const FOLDER = '/state/spool';
export const OK: SendOutcome = { kind: 'answered', status: 200, retryAfter: null };

export function answered(status: number): SendOutcome {
  return { kind: 'answered', status, retryAfter: null };
}

export interface Bench {
  readonly spool: Spool;
  readonly disk: MemoryDisk;
  readonly events: Event[];
  /** Bodies as they were sent, in order. */
  readonly sent: string[];
  readonly asked: string[];
  ready: boolean;
  /** The target that no listener is there for. */
  nowhere: string | null;
  now: number;
  /** What the gateway answers; a promise keeps the delivery under way. */
  answer: (request: SpoolRequest, signal: AbortSignal) => SendOutcome | Promise<SendOutcome>;
  /** Resolves when it holds, looked at after whatever happens. */
  until(holds: () => boolean): Promise<void>;
}

export interface BenchOptions {
  readonly disk?: MemoryDisk;
  readonly limits?: Partial<SpoolLimits>;
  readonly rules?: Partial<QueueRules>;
}

/** A spool on a disk in memory, before a gateway that a test plays; it is not opened yet. */
export function bench(t: { after(cleanUp: () => void): void }, options: BenchOptions = {}): Bench {
  const { disk = new MemoryDisk(), limits, rules } = options;
  const events: Event[] = [];
  const sent: string[] = [];
  const asked: string[] = [];
  const timers = new Timers();
  const self: Bench = {
    spool: new Spool({
      store: storeOn(disk, limits),
      readiness: {
        stateOf: (_profile, target) =>
          target === self.nowhere ? 'no-listener' : self.ready ? 'ready' : 'not-ready',
        ensureReady: (profile, target, deadlineAt) => {
          asked.push(`${profile} ${target} ${deadlineAt - self.now}`);
        },
      },
      send: async (request, signal) => {
        sent.push(request.body.toString());
        return self.answer(request, signal);
      },
      report: (event) => events.push(event),
      timers,
      now: () => self.now,
      random: () => 0.5,
      queue: new Queue({
        ...QUEUE_RULES,
        firstPause: 1,
        longestPause: 2,
        firstUnsent: 1,
        longestUnsent: 2,
        ...rules,
      }),
    }),
    disk,
    events,
    sent,
    asked,
    ready: true,
    nowhere: null,
    now: NOW,
    answer: () => OK,
    until: async (holds) => {
      while (!holds()) await new Promise((resolve) => setImmediate(resolve));
    },
  };
  t.after(() => timers.close());
  return self;
}

export function storeOn(disk: Disk, limits: Partial<SpoolLimits> = {}): FolderStore {
  return new FolderStore({ folder: FOLDER, disk, limits: { ...SPOOL_LIMITS, ...limits }, now: () => NOW });
}
