import { configJsonSchema } from '../../config/schema/config-schema.ts';

export function schema(): void {
  console.log(JSON.stringify(configJsonSchema(), null, 2));
}
