import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { type Collections, collected } from './collections.ts';

/**
 * Lets V8's young generation grow only while collecting it takes more than 1 % of the time, for the rest of the
 * process's life. docs/decisions/0018 has the reasons and the measurements.
 */
export function holdYoungGeneration(): void {
  let collections: Collections = { since: performance.now(), spent: 0 };
  let mayGrow = false;
  setGrowth(mayGrow);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!isMinor(entry)) continue;
      const next = collected(collections, entry.startTime, entry.duration);
      collections = next.collections;
      if (next.expensive === null || next.expensive === mayGrow) continue;
      mayGrow = next.expensive;
      setGrowth(mayGrow);
    }
  }).observe({ entryTypes: ['gc'] });
}

function isMinor(entry: PerformanceEntry): boolean {
  const { kind }: { readonly kind?: unknown } = Object('detail' in entry ? entry.detail : null);
  return kind === constants.NODE_PERFORMANCE_GC_MINOR;
}

/** V8 reads this flag each time it is about to enlarge the young generation, on Node 20, 22 and 24 alike. */
function setGrowth(may: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`);
}
