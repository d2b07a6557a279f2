import { visibleJson, visibleLines } from '../util/visible.ts';

// Whatever a command prints for a person or a program goes through here, so that no text of a stranger acts on the
// terminal that shows it. It is the same on a pipe, since most of what is piped is looked at in the end.

/** Prints text to stdout, with a line end. */
export function print(text: string): void {
  console.log(visibleLines(text));
}

/** Prints a value as JSON to stdout; `indent` in spaces. */
export function printJson(value: unknown, indent?: number): void {
  console.log(visibleJson(JSON.stringify(value, null, indent)));
}

/** Prints text to stderr, with a line end. */
export function printError(text: string): void {
  console.error(visibleLines(text));
}
