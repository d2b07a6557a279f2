import type { Plan } from '../../config/types.ts';
import { gatewayPath } from '../../door/match/prepare.ts';
import { customPlatform } from '../../routing/custom.ts';
import type { Match } from '../../routing/match.ts';
import type { RequestHead } from '../../routing/platform.ts';
import { platforms } from '../../routing/platforms/index.ts';
import type { PlatformName, Route, RouteKey } from '../../routing/route.ts';
import { pickByPath } from '../../routing/target-path.ts';
import { isSecret, routeText, SECRET, sourceText } from '../output/route-text.ts';
import { claimLine } from '../portal/claim-line.ts';
import type { SimulatedRequest } from './described-request.ts';
import type { Decision } from './door-decision.ts';
import { beatenRoutes, nearestRoute, type OtherRoute } from './other-routes.ts';
import { detectSender, type SenderReading } from './sender-reading.ts';

/** What `gwproxy explain --json` prints; users' scripts rely on these names. Secrets are '(secret)'. */
export interface Explanation {
  readonly outcome: 'match' | 'fan-out' | 'mixed-batch' | 'handshake' | 'unmatched' | 'ambiguous' | 'refused';
  /** Whose request it is; null where no sender is known by it. */
  readonly platform: PlatformName | null;
  /** What it says about whom it is for; of a batch, the first entry's. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Those of every entry of a batch; one alone, or none, for all others. */
  readonly deliveries: readonly Readonly<Record<string, string>>[];
  readonly targets: readonly Target[];
  readonly because: string;
  readonly found: readonly { readonly field: string; readonly value: string; readonly place: string }[];
  /** Other routes that the request has all of. */
  readonly beaten: readonly ExplainedRoute[];
  /** Of a request that nobody claims. */
  readonly nearest: ExplainedRoute | null;
  /** The line of config that would claim it. */
  readonly claim: string | null;
}

export interface Target {
  readonly profile: string;
  readonly listener: string;
  /** Where its route is written. */
  readonly route: string;
}

/** Another route. */
export interface ExplainedRoute {
  readonly profile: string;
  readonly route: string;
  readonly asks: string;
  readonly why: string;
}

const ANYWHERE = { host: null, path: '' };

/** All but what the outcome alone decides. */
type ExplanationDetails = Omit<Explanation, 'outcome' | 'because'>;

const NO_DETAILS: ExplanationDetails = {
  platform: null,
  attributes: {},
  deliveries: [],
  targets: [],
  found: [],
  beaten: [],
  nearest: null,
  claim: null,
};

/** Why the door would do so; places are told relative to `folder`. Pure. */
export function explain(plan: Plan, decision: Decision, folder: string): Explanation {
  if (decision.kind === 'refused') {
    const outcome = decision.code === 'GWPROXY_AMBIGUOUS_KEY' ? 'ambiguous' : 'refused';
    return { ...NO_DETAILS, outcome, because: `${decision.code}: ${decision.detail}` };
  }
  const { request, outcome } = decision;
  const sender = detectOutcomeSender(plan, request, outcome.kind === 'none' ? null : outcome.platform);
  const told: ExplanationDetails = { ...NO_DETAILS, ...(sender && senderDetails(sender)) };
  switch (outcome.kind) {
    case 'match': {
      const beaten = beatenRoutes(outcome.route, plan.routes, request.head, sender?.deliveries[0] ?? null);
      const own = matchDetails(plan, request.head, [outcome], folder);
      return { ...told, beaten: beaten.map((rival) => explainedRoute(rival, folder)), ...own };
    }
    case 'fan-out': {
      const own = matchDetails(plan, request.head, outcome.matches, folder);
      return { ...told, ...own, ...(own.outcome === 'match' && { outcome: 'fan-out' }) };
    }
    case 'mixed-batch': {
      const because = `it is for several bots, and without fan_out: true are ${outcome.lacking.join(', ')}: 503`;
      return { ...told, outcome: 'mixed-batch', because };
    }
    case 'handshake': {
      const because = `${outcome.platform} tries the URL: the door answers ${outcome.reply.status} itself`;
      return { ...told, outcome: 'handshake', because };
    }
    case 'unmatched':
      return { ...told, ...unmatchedDetails(plan, decision, sender, outcome.reply?.status ?? 404, folder) };
    case 'none':
      return { ...told, ...unmatchedDetails(plan, decision, sender, 404, folder) };
  }
}

/** That platform's own reading of the request; of a request that none decides, that of any that knows it. */
function detectOutcomeSender(
  plan: Plan,
  request: SimulatedRequest,
  name: PlatformName | null,
): SenderReading | undefined {
  if (name === null) return detectSender(request, platforms);
  const keyed = plan.routes.filter((route): route is Route & { key: RouteKey } => route.key !== null);
  const custom = customPlatform(keyed.filter(({ key }) => key.platform === 'custom'));
  const among = [...platforms, custom].filter((platform) => platform.name === name);
  return detectSender(request, among);
}

function senderDetails({ platform: { name }, deliveries, found }: SenderReading) {
  const hide = (field: string, value: string): string => (isSecret(name, field) ? SECRET : value);
  const fields = deliveries.map((one) =>
    Object.fromEntries(Object.entries(one.fields).map(([field, value]) => [field, hide(field, value)])),
  );
  return {
    platform: name,
    attributes: fields[0] ?? {},
    deliveries: fields,
    found: found.map(({ field, value, place }) => ({ field, value: hide(field, value), place })),
  };
}

function matchDetails(
  plan: Plan,
  head: RequestHead,
  matches: readonly Match[],
  folder: string,
): Pick<Explanation, 'outcome' | 'targets' | 'because'> {
  const targets: Target[] = [];
  for (const { profile, route } of matches) {
    const listeners = plan.profiles.find(({ name }) => name === profile)?.listeners ?? [];
    const listener = pickByPath(listeners, gatewayPath(route, head.path).path)?.name;
    if (listener === undefined) {
      const because = `${claimText(route, folder)}, none of whose listeners is public at this path: 404`;
      return { outcome: 'unmatched', targets: [], because };
    }
    targets.push({ profile, listener, route: sourceText(route.source, folder) });
  }
  const because = matches.map(({ route }) => claimText(route, folder)).join('; ');
  return { outcome: 'match', targets, because };
}

function unmatchedDetails(
  plan: Plan,
  { request, scope }: Extract<Decision, { kind: 'decided' }>,
  sender: SenderReading | undefined,
  status: number,
  folder: string,
): Pick<Explanation, 'outcome' | 'because' | 'nearest' | 'claim'> {
  const [named] = sender?.deliveries ?? [];
  const nearest = named && nearestRoute(plan.routes, request.head, named);
  return {
    outcome: 'unmatched',
    because: `${unmatchedReason(plan, sender)}: ${status}`,
    nearest: nearest === undefined ? null : explainedRoute(nearest, folder),
    claim: (named && claimLine(named, scope ?? ANYWHERE)?.line) ?? null,
  };
}

function unmatchedReason(plan: Plan, sender: SenderReading | undefined): string {
  if (sender === undefined) return 'no sender is known by it, and no route claims its host and path';
  const { name } = sender.platform;
  if (sender.deliveries.length === 0) return `${name} sent it, and it names nobody`;
  return plan.routes.some(({ key }) => key?.platform === name)
    ? `no route of ${name} claims what it names here`
    : `${name} sent it, and no route is of ${name}`;
}

function claimText(route: Route, folder: string): string {
  return `${sourceText(route.source, folder)} (${routeText(route)}) claims it for ${route.profile}`;
}

function explainedRoute({ route, why }: OtherRoute, folder: string): ExplainedRoute {
  return {
    profile: route.profile,
    route: sourceText(route.source, folder),
    asks: routeText(route),
    why,
  };
}
