import { errorMessage } from '../../util/errno.ts';
import { checkConfig } from './config-findings.ts';
import type { Fault, Finding } from './finding.ts';
import { checkLogs, checkService, checkSpool, checkState, checkWatch } from './folder-findings.ts';
import { checkPm2 } from './pm2-findings.ts';
import { checkPorts } from './port-findings.ts';
import { checkLaunches } from './program-findings.ts';
import { checkReach } from './reach-findings.ts';
import { checkRunning } from './running-findings.ts';
import { checkSecrets } from './secret-findings.ts';
import { LateError, type Subject, within } from './subject.ts';
import { checkDescriptors, checkInit } from './system-findings.ts';

interface Check {
  /** The check is skipped if one of them is null. */
  readonly needs: readonly ('plan' | 'status')[];
  /** Empty if it found nothing wrong. */
  readonly run: (subject: Subject) => Promise<readonly Fault[]>;
}

/** By the names that `gwproxy doctor` shows. */
const CHECKS: Readonly<Record<string, Check>> = {
  config: { needs: [], run: checkConfig },
  commands: { needs: ['plan'], run: checkLaunches },
  ports: { needs: ['plan'], run: checkPorts },
  reach: { needs: ['plan', 'status'], run: checkReach },
  secrets: { needs: [], run: checkSecrets },
  pm2: { needs: ['plan'], run: checkPm2 },
  running: { needs: ['status'], run: checkRunning },
  logs: { needs: ['plan'], run: checkLogs },
  spool: { needs: ['plan'], run: checkSpool },
  state: { needs: [], run: checkState },
  'open files': { needs: ['plan'], run: checkDescriptors },
  'watched files': { needs: ['plan'], run: checkWatch },
  'PID 1': { needs: [], run: checkInit },
  service: { needs: [], run: checkService },
};

export interface ChecksResult {
  readonly findings: readonly Finding[];
  /** Names of the checks that were skipped: the config is invalid, or no gwproxy runs. */
  readonly skipped: readonly string[];
  /** True if a check did not end in time, and still keeps the process from ending. */
  readonly late: boolean;
}

/** Runs all checks at once, each for at most `ms`. Never throws: a check that fails is a finding of its own. */
export async function runChecks(subject: Subject, ms: number): Promise<ChecksResult> {
  const skipped: string[] = [];
  let late = false;
  const findings = await Promise.all(
    Object.entries(CHECKS).map(async ([check, { needs, run }]): Promise<readonly Finding[]> => {
      if (needs.some((need) => subject[need] === null)) {
        skipped.push(check);
        return [];
      }
      try {
        const faults = await within(ms, run(subject));
        if (faults.length > 0) return faults.map(({ level, ...fault }) => ({ level, check, ...fault }));
        return [{ level: 'ok', check, what: 'no problems found', where: null, instead: null }];
      } catch (error) {
        if (error instanceof LateError) late = true;
        const reason = errorMessage(error);
        return [
          { level: 'warn', check, what: `${check}: the check failed: ${reason}`, where: null, instead: null },
        ];
      }
    }),
  );
  return { findings: findings.flat(), skipped, late };
}
