/** What became of a field that has no equal here, or not quite: for the user, on one line. */
export interface Note {
  /** As pm2 calls it; null where it is about the app as a whole. */
  readonly field: string | null;
  readonly text: string;
}

/** What a field became in a profile: fields of the config, plain data in the config's own words. */
export interface Mapped {
  readonly fields: Readonly<Record<string, Plain>>;
  readonly notes: readonly Note[];
}

export type Plain = string | number | boolean | readonly Plain[] | { readonly [name: string]: Plain };

export function note(field: string | null, text: string): Note {
  return { field, text };
}

/** What each of several says, the later fields over the earlier. */
export function combine(parts: readonly Mapped[]): Mapped {
  return {
    fields: Object.assign({}, ...parts.map(({ fields }) => fields)),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** Bytes as the config writes them: 150MiB, 2GiB. */
export function sizeText(bytes: number): string {
  const whole = Math.max(1, Math.round(bytes));
  for (const [unit, factor] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (whole % factor === 0) return `${whole / factor}${unit}`;
  }
  return `${whole}B`;
}
