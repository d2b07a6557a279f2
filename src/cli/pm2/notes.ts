/** What the user should know about one field of an app: one line that says what happens, then what to do. */
export interface Note {
  /** pm2's name of the field; null if the note is about the app as a whole. */
  readonly field: string | null;
  readonly text: string;
}

/** The result of converting one or more fields of an app: fields of a profile, and notes. */
export interface Mapped {
  readonly fields: Readonly<Record<string, Plain>>;
  readonly notes: readonly Note[];
}

/** A value as the config spells it. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [name: string]: Plain };

export function note(field: string | null, text: string): Note {
  return { field, text };
}

/** All of them in one; of a field that several set, the last one counts. */
export function combine(parts: readonly Mapped[]): Mapped {
  return {
    fields: Object.assign({}, ...parts.map(({ fields }) => fields)),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** Bytes as the config spells them: 150MiB, 2GiB. */
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

/** The profile that an app becomes, for the commands and lines that its notes name. */
export interface ProfilePlace {
  readonly profile: string;
  /** Absolute. */
  readonly configFile: string;
  /** Absolute. */
  readonly cwd: string;
  readonly command: readonly string[];
  /** Whether init writes an env_file for it. */
  readonly hasEnvFile: boolean;
}
