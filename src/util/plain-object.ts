/** Whether a value from outside (parsed JSON, a module's export) is an object with fields to read; false for arrays. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
