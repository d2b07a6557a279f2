import { randomBytes } from 'node:crypto';
import type { Report } from '../events.ts';

/** The variable in every gateway's environment that tells its processes from all others. */
export const MARK = 'GWPROXY_GATEWAY';

/** One run of gwproxy: what its gateways' processes are known by, and what ends them should it be killed. */
export interface Run {
  /** The value of MARK for that life's processes. */
  mark(profile: string, generation: number): string;
  /** The leader of that life's process group is there. */
  born(profile: string, pid: number): void;
  /** Nothing of that life is left. */
  gone(pid: number): void;
  /**
   * Ends what an earlier run that was killed has left, then sees to it that this run's gateways end if this
   * process is killed. To be called once nobody else runs in that state folder, and before the first start.
   */
  begin(): Promise<void>;
  /** To be called when no gateway is left. */
  close(): Promise<void>;
}

/** `folder` is the state folder. */
export function createRun(_options: { readonly folder: string; readonly report: Report }): Run {
  return unguarded();
}

/** A run that is only told apart: for a supervisor on its own. */
export function unguarded(): Run {
  const id = randomBytes(8).toString('hex');
  return {
    mark: (profile, generation) => `${id}/${profile}/${generation}`,
    born: () => {},
    gone: () => {},
    begin: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
