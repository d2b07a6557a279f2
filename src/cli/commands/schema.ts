import { configJsonSchema } from '../../config/json-schema.ts';

export function schema(): void {
  console.log(JSON.stringify(configJsonSchema(), null, 2));
}
