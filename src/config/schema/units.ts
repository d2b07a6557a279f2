/** A pattern for a word in any letter case; JSON Schema patterns have no flag for it. */
function anyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

function quantity(units: ReadonlyMap<string, number>): RegExp {
  const words = [...units.keys()].map(anyCase).join('|');
  return new RegExp(`^(\\d{1,13}(?:\\.\\d{1,6})?) ?(${words})$`);
}

function spellings(
  units: readonly (readonly [factor: number, words: string])[],
): ReadonlyMap<string, number> {
  return new Map(units.flatMap(([factor, words]) => words.split(' ').map((word) => [word, factor] as const)));
}

const MS = spellings([
  [1, 'ms msec msecs millisecond milliseconds'],
  [1_000, 's sec secs second seconds'],
  [60_000, 'm min mins minute minutes'],
  [3_600_000, 'h hr hrs hour hours'],
  [86_400_000, 'd day days'],
]);

/** K, M and G are binary, as in systemd, Docker, nginx and pm2: `300M`, `300MB` and `300MiB` are the same. */
const BYTES = spellings([
  [1, 'b byte bytes'],
  [1024, 'k kb kib'],
  [1024 ** 2, 'm mb mib'],
  [1024 ** 3, 'g gb gib'],
]);

/** The pattern of a duration, also in the JSON Schema. */
export const DURATION: RegExp = quantity(MS);
/** The pattern of a size, also in the JSON Schema. */
export const SIZE: RegExp = quantity(BYTES);

/** In ms. With a longer one, Node's timers fire after 1 ms (nodejs.org/api/timers.html#settimeout). */
export const LONGEST_DURATION = 2 ** 31 - 1;
/** In bytes; 1 GiB less than a Buffer can hold on every supported platform. */
export const LARGEST_SIZE = 3 * 1024 ** 3;
/** In bytes, for sizes of files and of other processes' memory. */
export const LARGEST_STORE = 1024 ** 4;

/**
 * Reads `500ms`, `10 s`, `1.5h` or `2 minutes` as ms, rounded to a whole number. Undefined if the text is not a duration
 * or is longer than LONGEST_DURATION.
 */
export function parseDuration(text: string): number | undefined {
  return parse(text, DURATION, MS, LONGEST_DURATION);
}

/**
 * Reads `64KiB`, `300M`, `512mb` or `1.5 GB` as bytes, rounded to a whole number. Undefined if the text is not a size or
 * is more than `most`.
 */
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
  const factor = unit === undefined ? undefined : units.get(unit.toLowerCase());
  if (count === undefined || factor === undefined) return undefined;
  const value = Math.round(Number(count) * factor);
  return value <= most ? value : undefined;
}
