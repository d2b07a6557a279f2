import { platforms } from './platforms/index.ts';

/** The headers of all platforms (`Platform.headers`), in lower case. Custom routes name theirs in the config. */
export const SENDER_HEADERS: ReadonlySet<string> = new Set(platforms.flatMap(({ headers }) => headers));
