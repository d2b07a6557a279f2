import { longerBodies, longerBodiesAdvice, longerBodiesText } from '../../config/longer-bodies.ts';
import type { Problem } from '../../config/problems.ts';
import { publicByProfilePathAlone } from '../../config/public-by-profile-path.ts';
import { counted } from '../../util/counted.ts';
import { error, type Fault, warn } from './finding.ts';
import { placeText, type Subject } from './subject.ts';

/** The most warnings that are shown one by one. */
const SHOWN_WARNINGS = 20;

/** Checks that the config is valid, and finds profiles that are public without a route and limits that a sender exceeds. */
export async function checkConfig({ configFile, hint, loaded, status }: Subject): Promise<readonly Fault[]> {
  if (loaded === null && status !== null) {
    const what = `the config ${configFile} is gone, and the gwproxy that was started with it (pid ${status.pid}) runs on`;
    return [error(what, `put it back, or end that gwproxy with gwproxy down${hint}`)];
  }
  if (loaded === null) {
    const instead = `name it with --config FILE, or write one with gwproxy init${hint}`;
    return [error(`the config ${configFile} does not exist or cannot be read`, instead)];
  }
  const validate = `run gwproxy validate${hint}`;
  if (!loaded.ok) {
    return [error(`the config is invalid (${counted(loaded.problems.length, 'problem')})`, validate)];
  }
  const { warnings, plan } = loaded;
  const open = publicByProfilePathAlone(plan);
  return [
    ...warnings.slice(0, SHOWN_WARNINGS).map(asFault),
    ...(warnings.length <= SHOWN_WARNINGS
      ? []
      : [warn(`${counted(warnings.length - SHOWN_WARNINGS, 'more warning')} about the config`, validate)]),
    ...(open.length === 0
      ? []
      : [
          warn(
            `public at /p/<profile>/… by profile_paths alone: ${open.join(', ')}`,
            'if no sender uses these URLs, add routes and remove profile_paths, or write `paths: []` into their listeners',
          ),
        ]),
    ...longerBodies(plan).map((one) => warn(longerBodiesText(one), longerBodiesAdvice(one))),
  ];
}

/** A warning says itself what to do. */
function asFault(warning: Problem): Fault {
  return { level: 'warn', what: warning.message, where: placeText(warning), instead: null };
}
