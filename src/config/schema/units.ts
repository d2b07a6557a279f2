/** What a duration looks like in the config; the same pattern stands in the JSON Schema. */
export const DURATION = /^(\d{1,10})(ms|s|m|h)$/;
/** What a size looks like in the config. */
export const SIZE = /^(\d{1,13})(B|KiB|MiB|GiB)$/;

const MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

const BYTES: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

/** Node's timers fire after 1 ms when they are asked for more (nodejs.org/api/timers.html#settimeout). */
export const LONGEST_DURATION = 2 ** 31 - 1;
/** One GiB below what a Buffer holds on every supported platform. */
export const LARGEST_SIZE = 3 * 1024 ** 3;

/** The ms of a text such as `500ms`, `10s`, `5m` or `1h`; undefined where it is none or no timer could hold it. */
export function parseDuration(text: string): number | undefined {
  return parse(text, DURATION, MS, LONGEST_DURATION);
}

/** For what no buffer has to hold: files, and the memory of other processes. */
export const LARGEST_STORE = 1024 ** 4;

/** The bytes of a text such as `64KiB` or `1MiB`; undefined where it is none, or more than `most`. */
export function parseSize(text: string, most: number = LARGEST_SIZE): number | undefined {
  return parse(text, SIZE, BYTES, most);
}

function parse(
  text: string,
  pattern: RegExp,
  units: ReadonlyMap<string, number>,
  most: number,
): number | undefined {
  const [, count, unit] = pattern.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units.get(unit);
  if (count === undefined || factor === undefined) return undefined;
  const value = Number(count) * factor;
  return value <= most ? value : undefined;
}
