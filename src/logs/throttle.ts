import type { DoorErrorCode } from '../errors.ts';
import type { Event, Report } from '../events.ts';

const SHOWN_PER_SECOND = 20;

/**
 * Passes every event on, but of the events about refused requests and batches only the first 20 of each second and
 * code: a flood of bad requests must not fill the disk. The others are counted in a door.suppressed event.
 */
export function throttleRefusals(report: Report, now: () => number = Date.now): Report {
  const seen = new Map<DoorErrorCode, { second: number; count: number }>();
  return (event) => {
    const code = refusalCode(event);
    if (code === null) {
      report(event);
      return;
    }
    const second = Math.floor(now() / 1000);
    const last = seen.get(code);
    if (last?.second === second) {
      last.count += 1;
      if (last.count > SHOWN_PER_SECOND) return;
    } else {
      const suppressed = last === undefined ? 0 : last.count - SHOWN_PER_SECOND;
      if (suppressed > 0) report({ type: 'door.suppressed', code, count: suppressed });
      seen.set(code, { second, count: 1 });
    }
    report(event);
  };
}

/** The code of an event that anyone on the internet can cause; null for all others. */
function refusalCode(event: Event): DoorErrorCode | null {
  if (event.type === 'door.mixed-batch') return 'GWPROXY_MIXED_BATCH';
  if (event.type === 'door.unmatched') return 'GWPROXY_NO_ROUTE';
  return event.type === 'door.refused' ? event.code : null;
}
