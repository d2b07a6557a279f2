import type { Source } from '../../../routing/route.ts';
import { type Problem, problemAt } from '../../problems.ts';
import type { MapTree } from '../../source/yaml-tree.ts';
import { portFault, portIn } from '../written-port.ts';
import { HERMES_PLATFORMS, type HermesPlatform, type HermesRoute } from './hermes-platforms.ts';
import { type PlatformSettings, platformSettings, type Variable } from './hermes-settings.ts';

/** One HTTP port that a Hermes gateway opens. */
export interface HermesListener {
  readonly platform: string;
  /** Its name among the profile's listeners. */
  readonly name: string;
  readonly source: Source;
  readonly host: { readonly value: string; readonly source: Source };
  readonly port: { readonly value: number; readonly source: Source };
  /** Null: a connection is enough. */
  readonly health: string | null;
  /** Its public paths. */
  readonly paths: readonly string[];
  /** Empty if its requests can be told apart by their path alone. */
  readonly routes: readonly HermesRoute[];
}

export interface FoundListeners {
  /** In the order in which they are shown. */
  readonly listeners: readonly HermesListener[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** The ports that a gateway with these settings opens. Pure. */
export function hermesListeners(config: MapTree, env: Variable): FoundListeners {
  const listeners: HermesListener[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const rule of HERMES_PLATFORMS) {
    const settings = platformSettings(config, env, rule.platform);
    const difference = rule.differs?.(settings) ?? null;
    if (difference !== null) {
      warnings.push(problemAt(difference.at.source, `${rule.platform}: ${difference.text}`));
    }
    if (!rule.isOn(settings)) continue;
    const port = portOf(rule, settings);
    const host = rule.host(settings);
    if ('message' in port) problems.push(port);
    else {
      listeners.push({
        platform: rule.platform,
        name: rule.name,
        source: settings.source,
        host: { value: host?.text ?? rule.defaultHost, source: host?.source ?? settings.source },
        port,
        health: rule.health(settings),
        paths: rule.paths(settings),
        routes: rule.routes(settings),
      });
    }
  }
  return { listeners: withDistinctNames(listeners), problems, warnings };
}

function portOf(
  rule: HermesPlatform,
  settings: PlatformSettings,
): { readonly value: number; readonly source: Source } | Problem {
  const written = rule.port(settings);
  if (written === undefined) return { value: rule.defaultPort, source: settings.source };
  const value = portIn(written.text);
  return value === null
    ? portFault(written, `${rule.platform}: ${written.name}`)
    : { value, source: written.source };
}

/** Teams and Agent 365 both name their listener `messages`: with both on, each is named after its platform. */
function withDistinctNames(listeners: readonly HermesListener[]): readonly HermesListener[] {
  return listeners.map((listener) => {
    const alone = listeners.filter(({ name }) => name === listener.name).length === 1;
    return alone ? listener : { ...listener, name: listener.platform };
  });
}
