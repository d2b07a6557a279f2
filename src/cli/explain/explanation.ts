import type { Plan } from '../../config/types.ts';
import { gatewayPath } from '../../door/match/prepare.ts';
import { customPlatform } from '../../routing/custom.ts';
import type { Match } from '../../routing/match.ts';
import type { RequestHead } from '../../routing/platform.ts';
import { platforms } from '../../routing/platforms/index.ts';
import type { PlatformName, Route, RouteKey } from '../../routing/route.ts';
import { pickByPath } from '../../routing/target-path.ts';
import { fieldName, isSecret, routeText, SECRET, sourceText } from '../output/route-text.ts';
import { claimLine } from '../portal/claim-line.ts';
import type { SimulatedRequest } from './described-request.ts';
import type { Decision } from './door-decision.ts';
import { beatenRoutes, nearestRoute, type OtherRoute } from './other-routes.ts';
import { detectSender, type SenderReading } from './sender-reading.ts';

/** What `gwproxy explain --json` prints; users' scripts rely on these names. Secrets are '(secret)'. */
export interface Explanation {
  readonly outcome: 'match' | 'fan-out' | 'mixed-batch' | 'handshake' | 'unmatched' | 'ambiguous' | 'refused';
  /** The sender; null if no platform recognises the request. */
  readonly platform: PlatformName | null;
  /** The attributes of the request; of a batch, those of its first delivery. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The attributes of every delivery of a batch; of other requests one entry or none. */
  readonly deliveries: readonly Readonly<Record<string, string>>[];
  readonly targets: readonly Target[];
  readonly because: string;
  readonly found: readonly { readonly field: string; readonly value: string; readonly place: string }[];
  /** Other routes that match too, and take second place. */
  readonly beaten: readonly ExplainedRoute[];
  /** For an unmatched request: the route that comes nearest. */
  readonly nearest: ExplainedRoute | null;
  /** For an unmatched request: the line of config that would claim it. */
  readonly claim: string | null;
  /** What to know before one takes that line; null for nothing. */
  readonly note: string | null;
}

export interface Target {
  readonly profile: string;
  readonly listener: string;
  /** What the gateway gets before the path; '' for nothing. */
  readonly add_prefix: string;
  /** File, line and column of the route. */
  readonly route: string;
}

/** Another route of the config. */
export interface ExplainedRoute {
  readonly profile: string;
  readonly route: string;
  readonly asks: string;
  readonly why: string;
}

const ANYWHERE = { host: null, path: '' };

/** The fields that do not depend on the outcome alone. */
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
  note: null,
};

/** Explains a decision. File names are relative to `folder`. Pure. */
export function explain(plan: Plan, decision: Decision, folder: string): Explanation {
  if (decision.kind === 'refused') {
    const outcome = decision.code === 'GWPROXY_AMBIGUOUS_KEY' ? 'ambiguous' : 'refused';
    return { ...NO_DETAILS, outcome, because: `${decision.code}: ${decision.detail}` };
  }
  const { request, outcome } = decision;
  const sender = detectOutcomeSender(plan, request, outcome.kind === 'none' ? null : outcome.platform);
  const details: ExplanationDetails = { ...NO_DETAILS, ...(sender && senderDetails(sender)) };
  switch (outcome.kind) {
    case 'match': {
      const beaten = beatenRoutes(outcome.route, plan.routes, request.head, sender?.deliveries[0] ?? null);
      const own = matchDetails(plan, request.head, [outcome], folder);
      const because = own.because + imitationText(decision, outcome);
      return { ...details, beaten: beaten.map((rival) => explainedRoute(rival, folder)), ...own, because };
    }
    case 'fan-out': {
      const own = matchDetails(plan, request.head, outcome.matches, folder);
      return { ...details, ...own, ...(own.outcome === 'match' && { outcome: 'fan-out' }) };
    }
    case 'mixed-batch': {
      const because = `it is a batch for several bots, and these have no fan_out: true: ${outcome.lacking.join(', ')}; the answer is 503`;
      return { ...details, outcome: 'mixed-batch', because };
    }
    case 'handshake': {
      const because = `${outcome.platform} checks the URL, and gwproxy itself answers ${outcome.reply.status}`;
      return { ...details, outcome: 'handshake', because };
    }
    case 'unmatched':
      return {
        ...details,
        ...unmatchedDetails(plan, decision, sender, outcome.reply?.status ?? 404, folder),
      };
    case 'none':
      return { ...details, ...unmatchedDetails(plan, decision, sender, 404, folder) };
  }
}

/** The request as the platform `name` reads it; with null, as the first platform that recognises it. */
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
  for (const match of matches) {
    const { profile, route } = match;
    const listeners = plan.profiles.find(({ name }) => name === profile)?.listeners ?? [];
    const listener = pickByPath(listeners, gatewayPath(route, head.path).path);
    if (listener === undefined) {
      const because = `${claimText(match, folder)}, but none of its listeners is public at this path; the answer is 404`;
      return { outcome: 'unmatched', targets: [], because };
    }
    const { name, addPrefix } = listener;
    targets.push({
      profile,
      listener: name,
      add_prefix: addPrefix,
      route: sourceText(route.source, folder),
    });
  }
  const because = matches.map((match) => claimText(match, folder)).join('; ');
  return { outcome: 'match', targets, because };
}

/** Names the sender whose mark or shape a request has that a custom route claims, since its own routes do not. */
function imitationText({ request, scope }: Extract<Decision, { kind: 'decided' }>, match: Match): string {
  if (match.platform !== 'custom' || scope === null) return '';
  const asked = scope.keyed.map(({ platform }) => platform).filter(({ name }) => name !== 'custom');
  const sender = detectSender(request, asked);
  return sender === undefined ? '' : `; ${sender.platform.name} recognises it too`;
}

function unmatchedDetails(
  plan: Plan,
  { request, scope }: Extract<Decision, { kind: 'decided' }>,
  sender: SenderReading | undefined,
  status: number,
  folder: string,
): Pick<Explanation, 'outcome' | 'because' | 'nearest' | 'claim' | 'note'> {
  const [named] = sender?.deliveries ?? [];
  const claim = named && claimLine(named, scope ?? ANYWHERE);
  const nearest = named && nearestRoute(plan.routes, request.head, named);
  return {
    outcome: 'unmatched',
    because: `${unmatchedReason(plan, sender)}; the answer is ${status}`,
    nearest: nearest === undefined ? null : explainedRoute(nearest, folder),
    claim: claim?.line ?? null,
    note: claim?.note ?? null,
  };
}

function unmatchedReason(plan: Plan, sender: SenderReading | undefined): string {
  if (sender === undefined) return 'no sender recognises it, and no route claims its host and path';
  const { name } = sender.platform;
  if (sender.deliveries.length === 0) return `${name} sent it, and it names no bot`;
  return plan.routes.some(({ key }) => key?.platform === name)
    ? `no ${name} route claims the bot that it names`
    : `${name} sent it, and the config has no ${name} route`;
}

function claimText({ route, attributes }: Match, folder: string): string {
  const claim = `${sourceText(route.source, folder)} (${routeText(route)}) claims it for ${route.profile}`;
  const lacking = Object.keys(route.key?.fields ?? {}).filter(
    (field) => attributes !== null && !Object.hasOwn(attributes.fields, field),
  );
  return lacking.length === 0
    ? claim
    : `${claim}: the request has no ${lacking.map(fieldName).join(', ')}, and no other profile can be meant`;
}

function explainedRoute({ route, why }: OtherRoute, folder: string): ExplainedRoute {
  return {
    profile: route.profile,
    route: sourceText(route.source, folder),
    asks: routeText(route),
    why,
  };
}
