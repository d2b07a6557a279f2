import type { Source } from '../../../routing/route.ts';
import { type Problem, problemAt } from '../../problems.ts';
import { portAt, portOf } from './openclaw-endpoints.ts';
import type { Settings, Variable } from './openclaw-settings.ts';

export const PORT_VARIABLE = 'OPENCLAW_GATEWAY_PORT';
const USUAL_PORT = 18_789;

/** A gateway uses up to its port + 110 for browsers that it starts (docs/gateway/multiple-gateways.md). */
export const PORT_SPACING = 120;

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
  const value = portOf(written);
  if (value !== null) return { value, source: place };
  problems.push(problemAt(place, `${PORT_VARIABLE} must be a port from 1 to 65535`));
  return null;
}
