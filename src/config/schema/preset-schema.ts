import { z } from 'zod';
import { alternatives } from '../problems.ts';
import { strict, text } from './fields.ts';

/** The part of a preset that the schema needs. */
export interface PresetOptions {
  readonly name: string;
  /** Each option with its description. */
  readonly options: Readonly<Record<string, string>>;
}

/** The schema of `preset: NAME` and `preset: { NAME: { OPTION: text } }`. */
export function presetSchema(presets: readonly PresetOptions[]) {
  const names = presets.map(({ name }) => name);
  const what = `${alternatives(names)}, or a map with it and its options`;
  const shape = Object.fromEntries(presets.map((preset) => [preset.name, optionsSchema(preset).optional()]));
  const withOptions = strict(shape, what).transform((written, context) => {
    const [name, ...others] = Object.keys(written);
    if (context.issues.length > 0) return z.NEVER;
    if (name !== undefined && others.length === 0) return name;
    context.addIssue({ code: 'custom', message: `must name one of ${alternatives(names)}` });
    return z.NEVER;
  });
  return z.union([z.enum(names, { error: what }), withOptions], { error: what });
}

function optionsSchema({ options }: PresetOptions) {
  const names = Object.keys(options);
  const shape = Object.entries(options).map(([name, says]) => [name, text('text').optional().describe(says)]);
  return strict(Object.fromEntries(shape), `a map of ${alternatives(names)}`).describe(
    'The preset with its options.',
  );
}
