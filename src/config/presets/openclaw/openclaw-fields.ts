import type { Source } from '../../../routing/route.ts';
import type { MapTree, Tree } from '../../source/yaml-tree.ts';
import { list, map, scalar } from '../tree-values.ts';
import type { Keyed } from './openclaw-channels.ts';
import { type Endpoint, GATEWAY, type OwnListener } from './openclaw-endpoints.ts';

/** The gateway's own port, which its config and its environment can set. */
export interface GatewayPort {
  readonly host: string;
  readonly port: { readonly value: number; readonly source: Source };
  /** The variable in which the gateway gets the port. */
  readonly variable: string;
}

/** Startup is complete; a broken channel, which turns /readyz into 503, does not count (docs/gateway/health.md). */
const HEALTH = '/startupz';
/** A restart that OpenClaw asks of itself closes the port: for 6 s when all is quiet, for a minute on busy cores. */
const RESTART_AFTER = '3m';

/** The gateway's own listener, and one for each port that a channel opens. */
export function listenerFields(
  gateway: GatewayPort,
  endpoints: readonly Endpoint[],
  source: Source,
): MapTree {
  const onGateway = endpoints.filter(({ own }) => own === null);
  const own = new Map<number, Endpoint & { readonly own: OwnListener }>();
  const paths = new Map<number, Endpoint[]>();
  for (const endpoint of endpoints) {
    if (endpoint.own === null) continue;
    const { value } = endpoint.own.port;
    if (!own.has(value)) own.set(value, { ...endpoint, own: endpoint.own });
    paths.set(value, [...(paths.get(value) ?? []), endpoint]);
  }
  const taken = new Set([GATEWAY]);
  const others = [...own.values()].map(({ own: { name, host, port, health } }) => {
    const free = taken.has(name) ? `${name}-${port.value}` : name;
    taken.add(free);
    const fields = {
      host: scalar(host, port.source),
      port: scalar(port.value, port.source),
      health: map(
        // OpenClaw itself starts a channel anew whose port is gone; its gateway goes on serving the others.
        {
          ...(health === null ? {} : { path: scalar(health, source) }),
          restart_after: scalar('never', source),
        },
        source,
      ),
      paths: pathList(paths.get(port.value) ?? [], source),
    };
    return [free, map(fields, port.source)] as const;
  });
  const fields = {
    host: scalar(gateway.host, gateway.port.source),
    port: scalar(gateway.port.value, gateway.port.source),
    port_env: scalar(gateway.variable, source),
    health: map({ path: scalar(HEALTH, source), restart_after: scalar(RESTART_AFTER, source) }, source),
    paths: pathList(onGateway, source),
  };
  return map({ [GATEWAY]: map(fields, gateway.port.source), ...Object.fromEntries(others) }, source);
}

function pathList(endpoints: readonly Endpoint[], source: Source): Tree {
  const places = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint.source]));
  return list(
    [...places].map(([path, place]) => scalar(path, place)),
    source,
  );
}

/** A route for each bot that the requests name. */
export function routeFields(endpoints: readonly Endpoint[], source: Source): Tree {
  const routes = endpoints.flatMap(({ route }) => (route === null ? [] : [route]));
  const trees = new Map(
    routes.map((route) => [JSON.stringify([route.sender, route.field, route.value.text]), keyedMap(route)]),
  );
  return list([...trees.values()], source);
}

function keyedMap({ sender, field, value }: Keyed): Tree {
  return map({ [sender]: map({ [field]: scalar(value.text, value.source) }, value.source) }, value.source);
}

/** `verify` by the secrets that the gateway's own config holds; a list where accounts have one each. Null for none. */
export function verifyFields(endpoints: readonly Endpoint[], source: Source): Tree | null {
  const rules = endpoints.flatMap(({ verify }) => (verify === null ? [] : [verify]));
  const senders = new Map<string, Keyed[]>();
  for (const rule of rules) senders.set(rule.sender, [...(senders.get(rule.sender) ?? []), rule]);
  const entries = [...senders].map(([sender, all]) => {
    const [first] = all;
    const place = first?.value.source ?? source;
    const texts = new Map(all.map(({ value }) => [value.text, scalar(value.text, value.source)]));
    const values = list([...texts.values()], place);
    return [sender, map({ [first?.field ?? '']: values }, place)] as const;
  });
  return entries.length === 0 ? null : map(Object.fromEntries(entries), source);
}
