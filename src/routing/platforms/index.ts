import type { Platform } from '../platform.ts';
import { botFramework } from './bot-framework.ts';
import { slack } from './slack.ts';

/**
 * Every platform, in the order in which they are asked whether a request is theirs: the first that says so
 * decides. Those that can be told only by a body's shape come with the stricter shape first.
 */
export const platforms: readonly Platform[] = [botFramework, slack];
