import { tmpdir } from 'node:os';
import type { FrontOptions } from './front.ts';

/** The variable in which every process of a run carries its tag. */
export const TAG = 'NOTHING_LOST_RUN';

/** Of the test's own environment only what a program needs to run. */
export function plainEnv({ tag }: Pick<FrontOptions, 'tag'>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? tmpdir(), [TAG]: tag };
}
