import { existsSync, readFileSync } from 'node:fs';

function readVersion(folder: URL): string {
  const file = new URL('package.json', folder);
  if (!existsSync(file)) return readVersion(new URL('../', folder));
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) return String(parsed.version);
  throw new Error(`${file.href} has no version`);
}

/** The package's version, from the nearest package.json above this file (a JSON import still warns on Node 20). */
export const version: string = readVersion(new URL('./', import.meta.url));
