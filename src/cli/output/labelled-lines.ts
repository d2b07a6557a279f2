import { visible } from '../../util/visible.ts';

const NAME_COLOURS = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94];
const BOLD = 1;
const RED = 31;

/** Stands between the name and the text: `|` a gateway's output, `>` an event, `!` an event that means trouble. */
export type LineMark = '|' | '>' | '!';

/**
 * Returns a function that formats lines for a terminal. Each begins with a profile's name in its colour (gwproxy's in
 * bold), padded to the longest one. `names` are all profiles in the config's order, so that colours never change.
 */
export function createLineLabeller(
  names: readonly string[],
  colour: boolean,
): (name: string, mark: LineMark, text: string, options?: { readonly red?: boolean }) => string {
  const width = Math.max(7, ...names.map((name) => name.length));
  const colours = new Map(
    names.map((name, index) => [name, NAME_COLOURS[index % NAME_COLOURS.length] ?? 0] as const),
  );
  function paint(code: number, text: string): string {
    return colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
  return (name, mark, text, { red = mark === '!' } = {}) => {
    const shown = paint(colours.get(name) ?? BOLD, name.padEnd(width));
    return `${shown} ${red ? paint(RED, mark) : mark} ${visible(text)}\n`;
  };
}
