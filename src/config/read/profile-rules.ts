import { type KeyedPlatform, ROUTE_KEYS, sendersOf } from '../schema/route-schema.ts';
import type { ShapeRules } from '../schema/shape.ts';

const IN_A_LISTENER = ['port', 'port_env', 'host', 'paths', 'liveness'];
/** Fields whose numbers are read as text: 027, 1000. */
const IDS: ReadonlySet<string> = new Set(['umask', 'user', 'group']);

/** The rules for checking profiles, and `defaults`, which has the same shape. */
export function profileRules(platforms: readonly KeyedPlatform[]): ShapeRules {
  const keys = sendersOf(platforms).map(({ configKey }) => configKey);
  return {
    asText: ([field, ...inside]) =>
      field === 'command' ||
      field === 'env_command' ||
      field === 'env' ||
      (field === 'health' && inside[0] === 'command') ||
      IDS.has(String(field)) ||
      // A secret may be all digits.
      (field === 'verify' && inside.length > 1) ||
      (field === 'routes' && inside.length > 2),
    byEntry: new Set(['env', 'listeners', 'routes', 'after', 'verify']),
    hidden: new Set(['verify']),
    renames: new Map([
      ['cmd', 'command'],
      ['script', 'command'],
      ['environment', 'env'],
      ['working_dir', 'cwd'],
    ]),
    hints: new Map([
      ...[...keys, ...ROUTE_KEYS].map((name) => hint(name, 'route', `routes: [{ ${name}: … }]`)),
      // Last, so that it wins: a misplaced `host` is more likely a listener's than a route's.
      ...IN_A_LISTENER.map((name) => hint(name, 'listener', `listeners: { main: { ${name}: … } }`)),
    ]),
  };
}

function hint(name: string, where: string, written: string): readonly [string, string] {
  return [name, `it belongs in a ${where}: ${written}`];
}
