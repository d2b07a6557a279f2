import { DoorError } from '../../errors.ts';
import { bodyTypeOf } from '../../routing/body/inspect.ts';
import type { BodyFields } from '../../routing/body/reads.ts';
import { asJson, type Lookalikes, type MarksInHead } from '../../routing/lookalikes.ts';
import type { FanOut, Match } from '../../routing/match.ts';
import type { Platform, Reply, RequestHead } from '../../routing/platform.ts';
import { platformsNamed } from '../../routing/sender.ts';
import { publicUrlOf } from '../../routing/url/public-url.ts';
import type { DoorContext } from '../context.ts';
import { type Client, ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { mayStartJson, whyJsonMayBeHidden } from '../match/hidden-json.ts';
import { inspectBody } from '../match/inspect-body.ts';
import type { RuleSet } from '../match/rule-set.ts';
import type { Head } from '../request/head.ts';
import { peekBody } from '../request/peek-body.ts';
import { type Body, readWholeBody } from '../request/read-body.ts';
import type { Received, Verified, Verifier } from '../verify/verdict.ts';
import type { Verifiers } from '../verify/verifiers.ts';

/** A request that may be delivered. */
export interface Admitted {
  /** Null if the profile has no rule for the platform. */
  readonly verified: Verified | null;
  readonly body: Body;
}

const NO_BYTES = Buffer.alloc(0);

/** The sender tests the URL: the door answers, as it does where the sender's key routes. */
export interface TestOfUrl {
  readonly reply: Reply;
}

/**
 * Verifies that a matched request is from its sender, if its profile has a rule for that platform. Where the profile has
 * none, since a path, a host, a header or another sender's key led to it, the request must not pass for one of a sender
 * that the profile does verify: whatever the gateway may take for that sender's is verified as well. Returns
 * synchronously if nothing is to be proved. Reads the body if it is signed, or if it shows whose request it is. Rejects
 * with GWPROXY_UNVERIFIED, with GWPROXY_UPSTREAM_NOT_READY if the keys cannot be fetched, and as `readWholeBody`,
 * `BodyShare.keepFor` and `inspectBody` do.
 */
export function admit(
  context: DoorContext,
  exchange: Exchange,
  { verifiers }: RuleSet,
  head: Head,
  match: Match,
  body: Body,
): Admitted | TestOfUrl | Promise<Admitted | TestOfUrl> {
  const unverified: Admitted = { verified: null, body };
  if (match.route.unverified) return unverified;
  const verifier = verifiers.of(match.profile, match.platform);
  if (verifier !== undefined) {
    return verifier.needs(head) === 'nothing'
      ? unverified
      : readAndVerify(context, exchange, head, match, body, verifier);
  }
  const lookalikes = verifiers.lookalikes(match.profile);
  if (lookalikes === undefined) return unverified;
  const marks = lookalikes.inHead(head, match.platform);
  const mayHideJson = marks.needsBodyIfJson && head.length !== 0;
  if (marks.marked.length === 0 && !marks.needsBody && !mayHideJson) return unverified;
  return verifyLookalike(context, exchange, verifiers, lookalikes, marks, head, match, body);
}

/** Verifies a request that a gateway may take for one of those senders'. */
async function verifyLookalike(
  context: DoorContext,
  exchange: Exchange,
  verifiers: Verifiers,
  lookalikes: Lookalikes,
  { marked, needsBody, needsBodyIfJson }: MarksInHead,
  head: Head,
  match: Match,
  body: Body,
): Promise<Admitted | TestOfUrl> {
  const { profile, platform, route } = match;
  const isHiddenJson = needsBodyIfJson && (await mayBeJson(context, exchange, head, body));
  const isSigned = marked.some(({ name }) => verifiers.of(profile, name)?.needs(head) === 'body');
  const mustRead = body === 'streamed' && (needsBody || isSigned || isHiddenJson);
  const read = mustRead ? await readAndKeep(context, exchange, head, match, marked) : body;
  const bytes = read === 'streamed' ? NO_BYTES : read;
  // What the body shows counts, where it is read: a sender's mark may be an imitator's by then.
  const found: Found[] = needsBody ? [] : [{ asked: head, fields: null, senders: marked }];
  const readings = [...(needsBody ? [head] : []), ...(isHiddenJson ? [asJson(head)] : [])];
  for (const asked of readings) {
    const inspection = await inspectBody(context.loop, exchange, asked, bytes, lookalikes.reads);
    // A gateway may read what the door cannot, so that it is not known whose it is.
    if (inspection.outcome === 'refused') throw new DoorError(inspection.code, inspection.detail);
    const fields = inspection.outcome === 'fields' ? inspection.fields : null;
    found.push({ asked, fields, senders: lookalikes.inBody(asked, platform, fields) });
  }
  for (const { asked, fields, senders } of found) {
    for (const sender of senders) {
      const reply = sender.handshake(asked, fields);
      if (reply !== undefined) return { reply };
      const verifier = verifiers.of(profile, sender.name);
      if (verifier === undefined || verifier.needs(head) === 'nothing') continue;
      await verify(exchange, verifier, receivedOf(context, head, bytes, route.host));
    }
  }
  return { verified: null, body: read };
}

/** Senders whose request a gateway may read in one reading of it. */
interface Found {
  readonly asked: RequestHead;
  readonly fields: BodyFields | null;
  readonly senders: readonly Platform[];
}

/**
 * Whether the body may be JSON although its Content-Type says otherwise, by its first bytes. Rejects with
 * GWPROXY_ENCODING if they cannot tell, and as `peekBody` does.
 */
async function mayBeJson(context: DoorContext, exchange: Exchange, head: Head, body: Body): Promise<boolean> {
  if (head.length === 0) return false;
  const refusal = whyJsonMayBeHidden(bodyTypeOf(head));
  if (refusal !== null) throw new DoorError(refusal.code, refusal.detail);
  return mayStartJson(body === 'streamed' ? await peekBody(context, exchange) : body);
}

/** Verifies a WebSocket upgrade as `admit` does a request without a body; its signed URL begins with ws. */
export async function admitUpgrade(
  context: DoorContext,
  client: Pick<Client, 'isDisconnected'>,
  { verifiers }: RuleSet,
  head: Head,
  { profile, platform, route }: Match,
): Promise<void> {
  if (route.unverified) return;
  const own = verifiers.of(profile, platform);
  const marked =
    own === undefined ? (verifiers.lookalikes(profile)?.inHead(head, platform).marked ?? []) : [];
  const asked = own === undefined ? marked.flatMap(({ name }) => verifiers.of(profile, name) ?? []) : [own];
  const received = receivedOf(context, head, NO_BYTES, route.host);
  const url = received.url?.replace(/^http/, 'ws') ?? null;
  for (const verifier of asked) {
    if (verifier.needs(head) !== 'nothing') await verify(client, verifier, { ...received, url });
  }
}

async function readAndVerify(
  context: DoorContext,
  exchange: Exchange,
  head: Head,
  match: Match,
  body: Body,
  verifier: Verifier,
): Promise<Admitted> {
  const mustRead = body === 'streamed' && verifier.needs(head) === 'body';
  const read = mustRead ? await readAndKeep(context, exchange, head, match) : body;
  const bytes = read === 'streamed' ? NO_BYTES : read;
  const received = receivedOf(context, head, bytes, match.route.host);
  return { verified: await verify(exchange, verifier, received), body: read };
}

async function readAndKeep(
  context: DoorContext,
  exchange: Exchange,
  head: Head,
  { profile, platform }: Match,
  marked: readonly Platform[] = [],
): Promise<Buffer> {
  const senders = [...platformsNamed(platform), ...marked];
  const body = await readWholeBody(context, exchange, head, senders, true);
  exchange.memory?.keepFor([profile]);
  return body;
}

/** Verifies a batch for several profiles: its body must pass the rule of every one of them. Rejects as `admit` does. */
export async function admitBatch(
  context: DoorContext,
  exchange: Exchange,
  ruleSet: RuleSet,
  head: Head,
  { platform, matches }: FanOut,
  body: Buffer,
): Promise<void> {
  exchange.memory?.keepFor(matches.map(({ profile }) => profile));
  const { verifiers } = ruleSet;
  const verified = matches.filter(({ route }) => !route.unverified);
  const profiles = verified.map(({ profile }) => profile);
  for (const match of verified.filter(({ profile }) => verifiers.of(profile, platform) === undefined)) {
    const admitted = await admit(context, exchange, ruleSet, head, match, body);
    if ('reply' in admitted) throw new DoorError('GWPROXY_AMBIGUOUS_KEY', 'the body is that of two senders');
  }
  // All are of one scope, and so of one host.
  const host = matches[0]?.route.host ?? null;
  for (const verifier of verifiers.ofBatch(profiles, platform)) {
    if (verifier.needs(head) === 'nothing') continue;
    await verify(exchange, verifier, receivedOf(context, head, body, host));
  }
}

async function verify(
  client: Pick<Client, 'isDisconnected'>,
  verifier: Verifier,
  received: Received,
): Promise<Verified> {
  const verdict = await verifier.verify(received);
  // The verifier may have fetched keys meanwhile, and does not notice a disconnect.
  if (client.isDisconnected) throw new ClientDisconnected();
  if (verdict.ok === true) return { expiresAt: verdict.expiresAt };
  const cause = new Error(verdict.reason);
  if (verdict.ok === false) {
    throw new DoorError('GWPROXY_UNVERIFIED', 'the request is not verified to be from its sender', {
      cause,
      ...(verifier.challenge !== null && { challenge: verifier.challenge }),
    });
  }
  // Not 401: it is not the sender's fault, and many senders do not repeat after a 401.
  throw new DoorError(
    'GWPROXY_UPSTREAM_NOT_READY',
    'the keys to verify the request cannot be fetched at present',
    {
      cause,
      retryAfter: verdict.retryAfter,
    },
  );
}

/** The request in the form that a verifier gets. `routeHost` is the host of the route that claims it. */
function receivedOf(context: DoorContext, head: Head, body: Buffer, routeHost: string | null): Received {
  const publicUrl = publicUrlOf(context.publicUrl, routeHost);
  const url = publicUrl === null ? null : publicUrl.href + head.path + head.search;
  return { head, body, url, now: context.now(), loop: context.loop };
}
