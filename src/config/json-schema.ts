import { z } from 'zod';
import { platforms } from '../routing/platforms/index.ts';
import { presets } from './presets/index.ts';
import { settings } from './schema/config-schema.ts';
import { strict } from './schema/fields.ts';
import { profileName, profileSchema } from './schema/profile-schema.ts';

/**
 * The config as JSON Schema for `gwproxy schema`; draft 7, which most editors support. Every value that holds a
 * `${NAME}` is valid, since its text is known only at load.
 */
export function configJsonSchema(): object {
  const profile = profileSchema(platforms, presets);
  const config = strict({
    ...settings(),
    defaults: profile
      .optional()
      .describe('Any key of a profile, for all profiles; a key that a profile writes itself wins.'),
    profiles: z
      .record(profileName(), profile)
      .optional()
      .describe("The bots, each by its name: a-z, 0-9 and '-'."),
  });
  return z.toJSONSchema(config, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema, path }) => {
      if (!path.includes('propertyNames')) allowReferences(jsonSchema);
    },
  });
}

const REFERENCE = '\\$\\{.+\\}';

function allowReferences(schema: z.core.JSONSchema.BaseSchema): void {
  // zod calls this again for each wrapper around the same schema.
  if (schema.pattern?.endsWith(REFERENCE)) return;
  if (schema.pattern !== undefined) {
    schema.pattern = `(?:${schema.pattern})|${REFERENCE}`;
  } else if (schema.enum !== undefined) {
    const { enum: names } = schema;
    delete schema.enum;
    delete schema.type;
    schema.anyOf = [{ enum: names }, { type: 'string', pattern: REFERENCE }];
  }
}
