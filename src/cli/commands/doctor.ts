import { EXIT } from '../../errors.ts';
import { runChecks } from '../doctor/checks.ts';
import { findingsText, sortFindings } from '../doctor/finding.ts';
import { gatherSubject } from '../doctor/subject.ts';

/** ms that any one look may take: a dead network file system answers never. */
const LOOK_WITHIN = 2000;

/**
 * Finds what would go wrong, whether the config is valid and a gwproxy runs or not. The exit code is 1 where there
 * is an error, else 0.
 */
export async function doctor(configFile: string, json: boolean): Promise<void> {
  const subject = await gatherSubject(configFile, process.env, LOOK_WITHIN);
  const { findings, skipped, late } = await runChecks(subject, LOOK_WITHIN);
  console.log(json ? JSON.stringify(sortFindings(findings), null, 2) : findingsText(findings, skipped));
  process.exitCode = findings.some(({ level }) => level === 'error') ? EXIT.failure : EXIT.ok;
  // What never answered would keep this process from ending.
  if (late) process.exit();
}
