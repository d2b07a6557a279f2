import { stripVTControlCharacters } from 'node:util';

/** Characters of a line that are searched: the expression that finds escape sequences may take long on a long line. */
const SEARCHED_LENGTH = 4096;

/**
 * Whether a line of output holds the text, escape sequences such as colours left out. The text stands for itself: with an
 * expression, a stranger who makes a bot log a line could choose one on which it takes seconds, and all bots would wait.
 */
export function lineHolds(line: string, text: string): boolean {
  return stripVTControlCharacters(line.slice(0, SEARCHED_LENGTH)).includes(text);
}
