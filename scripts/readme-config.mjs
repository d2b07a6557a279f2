import { readFileSync } from 'node:fs';

/** README's first config: what a reader pastes into an empty folder, told to listen on `port` instead of 3978. */
export function readmeConfig(port) {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const config = /^```yaml\n(.*?)^```$/ms.exec(readme)?.[1];
  if (config === undefined) throw new Error('README.md has no YAML block');
  return config.replace('127.0.0.1:3978', `127.0.0.1:${port}`);
}
