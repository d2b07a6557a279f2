import type { Source } from '../../../routing/route.ts';
import { shellWord } from '../../../util/shell-word.ts';
import { type Problem, problemAt } from '../../problems.ts';
import type { Exclusive } from '../../read/profile.ts';
import { type MapTree, treeAt } from '../../source/yaml-tree.ts';
import { portIn } from '../written-port.ts';
import { GATEWAY, portAt } from './openclaw-endpoints.ts';
import { type OpenClawHome, openClawCommand } from './openclaw-home.ts';
import type { Settings, Variable } from './openclaw-settings.ts';

export const PORT_VARIABLE = 'OPENCLAW_GATEWAY_PORT';
const USUAL_PORT = 18_789;

/** A gateway uses up to its port + 110 for browsers that it starts (docs/gateway/multiple-gateways.md). */
const BROWSER_PORTS = 110;
export const PORT_SPACING = 120;

/** What no other gateway may have: the state folder, and the ports of the browsers that a gateway starts. */
export function exclusiveOf(
  home: OpenClawHome,
  port: { readonly value: number; readonly source: Source } | null,
  own: MapTree,
  source: Source,
): readonly Exclusive[] {
  const folder: Exclusive = {
    key: `OpenClaw's state folder ${home.folder}`,
    source,
    what: `the state folder ${home.folder}`,
    consequence: 'only one gateway can own it, and the second ends with exit code 78; name another profile',
  };
  const written = treeAt(own, ['listeners', GATEWAY, 'port']);
  const chosen = written?.kind === 'scalar' ? written.value : port?.value;
  if (typeof chosen !== 'number') return [folder];
  const last = chosen + BROWSER_PORTS;
  const ports: Exclusive = {
    key: "OpenClaw's ports",
    ports: { first: chosen, last },
    source: written?.source ?? port?.source ?? source,
    what: `a port from ${chosen} to ${last}, which the gateway and its browsers use,`,
    consequence: `keep them ${PORT_SPACING} apart, with \`${openClawCommand(home, shellWord)} config set gateway.port PORT\``,
  };
  return [folder, ports];
}

/**
 * The gateway's port as OpenClaw finds it (docs/gateway/config-gateway.md): the variable wins over `gateway.port`. Null
 * after a problem. `place` is that of the variable.
 */
export function gatewayPort(
  config: Settings,
  variable: Variable,
  place: Source,
  problems: Problem[],
): { readonly value: number; readonly source: Source } | null {
  const written = variable(PORT_VARIABLE);
  if (written === undefined) return portAt(config, ['gateway', 'port'], USUAL_PORT, 'gateway', problems);
  const value = portIn(written);
  if (value !== null) return { value, source: place };
  problems.push(problemAt(place, `${PORT_VARIABLE} must be a port from 1 to 65535`));
  return null;
}
