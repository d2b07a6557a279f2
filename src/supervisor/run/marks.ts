import { createHmac, randomBytes } from 'node:crypto';
import { generationIn, markOf, markPrefix } from '../tree/mark.ts';

/** Hexadecimal digits of a proof: 128 bits. */
const PROOF_LENGTH = 32;

/** The marks of one run. */
export interface Marks {
  /** 16 hexadecimal digits, random for each run. No secret: the guard's command line shows it. */
  readonly run: string;
  /** The beginning of all marks. */
  readonly prefix: string;
  /** The mark of that generation, which is a secret of its processes: whoever knows it passes for one of them. */
  of(profile: string, generation: number): string;
  /** The mark of the health commands and the env_command of that generation, which are no part of the gateway. */
  ofHelper(profile: string, generation: number): string;
  /** Whether this is the mark of a generation of that profile. A mark that somebody else made up is not. */
  isOf(profile: string, mark: string): boolean;
}

/**
 * Each proof is derived (HMAC-SHA-256, RFC 2104) from a key that never leaves this process. So no gateway can compute
 * another's from its own, and none must be stored.
 */
export function createMarks(): Marks {
  const run = randomBytes(8).toString('hex');
  const key = randomBytes(32);
  function signed(profile: string, generation: number, what: '' | '/helper'): string {
    const proof = createHmac('sha256', key).update(`${profile}/${generation}${what}`).digest('hex');
    return markOf(run, profile, generation, proof.slice(0, PROOF_LENGTH));
  }
  const of = (profile: string, generation: number): string => signed(profile, generation, '');
  return {
    run,
    prefix: markPrefix(run),
    of,
    ofHelper: (profile, generation) => signed(profile, generation, '/helper'),
    isOf(profile, mark) {
      const generation = generationIn(mark);
      return generation !== null && mark === of(profile, generation);
    },
  };
}
