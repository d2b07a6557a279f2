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
  /** Without which it could say nothing. */
  readonly needs: readonly ('plan' | 'status')[];
  /** Empty where all is well. */
  readonly look: (subject: Subject) => Promise<readonly Fault[]>;
}

/** By the names that `gwproxy doctor` shows. Each looks at one thing. */
const CHECKS: Readonly<Record<string, Check>> = {
  config: { needs: [], look: checkConfig },
  commands: { needs: ['plan'], look: checkLaunches },
  ports: { needs: ['plan'], look: checkPorts },
  reach: { needs: ['plan', 'status'], look: checkReach },
  secrets: { needs: [], look: checkSecrets },
  pm2: { needs: ['plan'], look: checkPm2 },
  running: { needs: ['status'], look: checkRunning },
  logs: { needs: ['plan'], look: checkLogs },
  spool: { needs: ['plan'], look: checkSpool },
  state: { needs: [], look: checkState },
  'open files': { needs: ['plan'], look: checkDescriptors },
  'watched files': { needs: ['plan'], look: checkWatch },
  'PID 1': { needs: [], look: checkInit },
  service: { needs: [], look: checkService },
};

export interface ChecksResult {
  readonly findings: readonly Finding[];
  /** Checks that could say nothing: the config is invalid, or no gwproxy runs. */
  readonly skipped: readonly string[];
  /** Something never answered, and is still being waited for. */
  readonly late: boolean;
}

/** Every check at once, each within `ms`. What could not be looked at is a finding of its own; nothing is thrown. */
export async function runChecks(subject: Subject, ms: number): Promise<ChecksResult> {
  const skipped: string[] = [];
  let late = false;
  const findings = await Promise.all(
    Object.entries(CHECKS).map(async ([check, { needs, look }]): Promise<readonly Finding[]> => {
      if (needs.some((need) => subject[need] === null)) {
        skipped.push(check);
        return [];
      }
      try {
        const faults = await within(ms, look(subject));
        if (faults.length > 0) return faults.map(({ level, ...fault }) => ({ level, check, ...fault }));
        return [{ level: 'ok', check, what: 'nothing found', where: null, instead: null }];
      } catch (error) {
        if (error instanceof LateError) late = true;
        const reason = errorMessage(error);
        return [
          { level: 'warn', check, what: `${check}: could not look: ${reason}`, where: null, instead: null },
        ];
      }
    }),
  );
  return { findings: findings.flat(), skipped, late };
}
