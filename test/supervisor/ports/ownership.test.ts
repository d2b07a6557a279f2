import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Holder } from '../../../src/holder.ts';
import { combineOwnership, type PortScan } from '../../../src/supervisor/ports/ownership.ts';

const holder = (pid: number, inode: string): Holder => ({ pid, fd: '5', inode });
const OWN = [holder(71, '1001'), holder(72, '1002')];
const unknown = (...inodes: readonly string[]): PortScan => ({
  owner: { kind: 'unknown', reason: 'it belongs to user 33' },
  holders: [],
  inodes: new Set(inodes),
});

test('the holders of an own port are those that the scan found', () => {
  const holders = [holder(73, '1003')];
  const owner = { kind: 'own' } as const;
  assert.deepEqual(combineOwnership(OWN, { owner, holders, inodes: new Set(['1003']) }), { owner, holders });
});

test('if a foreign process has the port, or none, the last known holders stay, so that doors send nothing', () => {
  const owner = { kind: 'foreign', name: 'nc (pid 9)', advice: null } as const;
  const scan = { owner, holders: [holder(9, '1003')], inodes: new Set(['1003']) };
  assert.deepEqual(combineOwnership(OWN, scan), { owner, holders: OWN });
  assert.deepEqual(combineOwnership([], scan), { owner, holders: [] });
  assert.deepEqual(combineOwnership(OWN, unknown()), { owner: unknown().owner, holders: OWN });
});

test('a process that cannot be read any more has its port still; another one on the port is foreign', () => {
  assert.deepEqual(combineOwnership(OWN, unknown('1002')), { owner: unknown().owner, holders: [] });
  assert.deepEqual(combineOwnership(OWN, unknown('1001', '1003')), {
    owner: { kind: 'foreign', name: 'another process (it belongs to user 33)', advice: null },
    holders: OWN,
  });
});

test('an owner that was never known stays unknown, and no door checks it', () => {
  assert.deepEqual(combineOwnership([], unknown('1001')), { owner: unknown().owner, holders: [] });
});
