/** Whether a value from outside is an object whose fields can be read; true for arrays as well. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
