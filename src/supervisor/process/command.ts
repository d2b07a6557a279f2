import type { Launch, ListenerPlan, ProcessSettings, Template } from '../../config/types.ts';

/** A command to start, with all templates filled in. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The variables that are secret, whatever they are called; others may be so too. */
  readonly secret: ReadonlySet<string>;
  readonly process: ProcessSettings;
}

/**
 * Fills in the ports that this start acquired, and adds what the env_command printed, below `env`. Throws if a template
 * names a listener that has no port.
 */
export function commandFor(
  launch: Extract<Launch, { readonly kind: 'command' }>,
  listeners: readonly ListenerPlan[],
  ports: ReadonlyMap<string, number>,
  printed: ReadonlyMap<string, string> = new Map(),
): Command {
  const [file, ...args] = launch.command;
  const variables = listeners.flatMap((listener) =>
    listener.portEnv === null ? [] : [[listener.portEnv, String(portOf(listener.name, ports))] as const],
  );
  const kept = new Set(launch.envCommand?.kept);
  const added = [...printed].filter(([name]) => !kept.has(name));
  return {
    file: fill(file, ports),
    args: args.map((template) => fill(template, ports)),
    cwd: launch.cwd,
    env: {
      ...Object.fromEntries(Object.entries(launch.env).map(([name, value]) => [name, fill(value, ports)])),
      ...Object.fromEntries(added),
      ...Object.fromEntries(variables),
    },
    // It is there to fetch secrets.
    secret: new Set(added.map(([name]) => name)),
    process: launch.process,
  };
}

/**
 * Another program with the gateway's folder, user and environment, but for its ports: what the gateway's own variables say
 * of a port is left out. `printed` is what its env_command printed.
 */
export function helperCommand(
  launch: Extract<Launch, { readonly kind: 'command' }>,
  [file, ...args]: readonly [string, ...string[]],
  printed: ReadonlyMap<string, string> = new Map(),
): Command {
  const env = Object.entries(launch.env).filter(([, parts]) =>
    parts.every((part) => typeof part === 'string'),
  );
  const withoutPorts = { ...launch, command: [[file]] as const, env: Object.fromEntries(env) };
  return { ...commandFor(withoutPorts, [], new Map(), printed), args };
}

function fill(template: Template, ports: ReadonlyMap<string, number>): string {
  return template.map((part) => (typeof part === 'string' ? part : portOf(part.port, ports))).join('');
}

function portOf(listener: string, ports: ReadonlyMap<string, number>): number {
  const port = ports.get(listener);
  if (port === undefined) throw new Error(`listener '${listener}' has no port`);
  return port;
}
