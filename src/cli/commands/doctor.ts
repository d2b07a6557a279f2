import { EXIT } from '../../errors.ts';
import { runChecks } from '../doctor/checks.ts';
import { findingsText, sortFindings } from '../doctor/finding.ts';
import { gatherSubject } from '../doctor/subject.ts';
import { print, printJson } from '../print.ts';

/** ms that each check may take: a network file system that is down never answers. */
const CHECK_LIMIT = 2000;

/**
 * Prints what would go wrong, whether or not the config is valid and a gwproxy runs. Exits with 1 if there is an error,
 * else with 0.
 */
export async function doctor(configFile: string, json: boolean): Promise<void> {
  const subject = await gatherSubject(configFile, process.env, CHECK_LIMIT);
  const { findings, skipped, late } = await runChecks(subject, CHECK_LIMIT);
  if (json) printJson(sortFindings(findings), 2);
  else print(findingsText(findings, skipped));
  process.exitCode = findings.some(({ level }) => level === 'error') ? EXIT.failure : EXIT.ok;
  // A check that never ends would keep this process from ending.
  if (late) process.exit();
}
