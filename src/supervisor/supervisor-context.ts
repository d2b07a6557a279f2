import type { Report } from '../events.ts';
import type { ScheduleStatus } from '../supervised-status.ts';
import type { PortBook } from './ports/port-book.ts';
import type { Run } from './run/run.ts';
import type { Starts } from './starts/starts.ts';

/** The parts that all gateways of one supervisor share. */
export interface SupervisorContext {
  readonly ports: PortBook;
  readonly run: Run;
  readonly starts: Starts;
  readonly report: Report;
  /** Epoch ms. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly scheduleOf: (profile: string) => ScheduleStatus | null;
  /** Publishes the current state of all gateways to the doors. */
  readonly publish: () => void;
  /** Calls `drained` once every door has applied the last published snapshot and holds no lease on that generation. */
  readonly awaitDrained: (profile: string, generation: number, drained: () => void) => void;
}
