/**
 * Splits a string of arguments as pm2 does (Config._valid in lib/tools/Config.js), oddities included: quotes around a
 * whole word are removed, quotes behind an equals sign stay.
 */
export function splitArguments(text: string): readonly string[] {
  const words = text.match(/[^\s"'=]+="[^"]*"|[^\s"'=]+='[^']*'|"([^"]*)"|'([^']*)'|\S+/g) ?? [];
  return words.map(unquoted).filter((word) => word.trim() !== '');
}

function unquoted(word: string): string {
  const quote = word.charAt(0);
  return (quote === '"' || quote === "'") && word.endsWith(quote) ? word.slice(1, -1) : word;
}

const SIZES: ReadonlyMap<string, number> = new Map([
  ['K', 1024],
  ['M', 1024 ** 2],
  ['G', 1024 ** 3],
]);
const TIMES: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** The bytes that a number, or a text such as `150M`, means to pm2; undefined if pm2 does not accept it. */
export function bytesOf(value: unknown): number | undefined {
  return withUnit(value, SIZES);
}

/** The milliseconds that a number, or a text such as `5s`, means to pm2; undefined if pm2 does not accept it. */
export function msOf(value: unknown): number | undefined {
  return withUnit(value, TIMES);
}

/** The finite number that a value is or spells; undefined if it is not a number. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** Whether pm2 takes a value for none: a dump holds many as text. */
export function isFalsy(value: unknown): boolean {
  return !value || value === 'false' || value === '0';
}

function withUnit(value: unknown, units: ReadonlyMap<string, number>): number | undefined {
  const number = numberOf(value);
  if (number !== undefined) return number;
  if (typeof value !== 'string') return undefined;
  const [, digits, unit] = /^(\d+)([A-Za-z])$/.exec(value) ?? [];
  const factor = unit === undefined ? undefined : units.get(unit);
  return factor === undefined ? undefined : Number(digits) * factor;
}
