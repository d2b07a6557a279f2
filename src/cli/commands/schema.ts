import { configJsonSchema } from '../../config/json-schema.ts';
import { printJson } from '../print.ts';

export function schema(): void {
  printJson(configJsonSchema(), 2);
}
