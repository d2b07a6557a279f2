import { DoorError } from '../../errors.ts';
import type { FanOut, Match } from '../../routing/match.ts';
import type { DoorContext } from '../context.ts';
import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import type { RuleSet } from '../match/rule-set.ts';
import type { Head } from '../request/head.ts';
import { type Body, readWholeBody } from '../request/read-body.ts';
import type { Verified, Verifier } from '../verify/verdict.ts';

/** What a request may go on with. */
export interface Admitted {
  /** Null where its profile has nothing to verify it by. */
  readonly verified: Verified | null;
  readonly body: Body;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Has a matched request proven to be its sender's, where its profile has rules for that sender. Reads the body where
 * the proof covers it; at once where there is nothing to prove. Rejects with GWPROXY_UNVERIFIED; with a 503 where nobody can say; and as `whole` does.
 */
export function admit(
  context: DoorContext,
  exchange: Exchange,
  { verifiers }: RuleSet,
  head: Head,
  match: Match,
  body: Body,
): Admitted | Promise<Admitted> {
  const verifier = verifiers.of(match.profile, match.platform);
  const needs = verifier?.needs(head);
  if (verifier === undefined || needs === undefined || needs === 'nothing') return { verified: null, body };
  return readAndVerify(context, exchange, head, match, body, verifier, needs);
}

async function readAndVerify(
  context: DoorContext,
  exchange: Exchange,
  head: Head,
  match: Match,
  body: Body,
  verifier: Verifier,
  needs: 'head' | 'body',
): Promise<Admitted> {
  const read = needs === 'body' && body === 'streamed' ? await readWholeBody(context, exchange, head) : body;
  const bytes = read === 'streamed' ? NO_BYTES : read;
  const verified = await verify(context, exchange, head, verifier, bytes, match.route.host !== null);
  return { verified, body: read };
}

/** The same of a batch for several profiles: one body, which every one of them has to find right. */
export async function admitBatch(
  context: DoorContext,
  exchange: Exchange,
  { verifiers }: RuleSet,
  head: Head,
  { platform, matches }: FanOut,
  body: Buffer,
): Promise<void> {
  const profiles = matches.map(({ profile }) => profile);
  for (const verifier of verifiers.ofBatch(profiles, platform)) {
    if (verifier.needs(head) !== 'nothing') await verify(context, exchange, head, verifier, body, false);
  }
}

async function verify(
  context: DoorContext,
  exchange: Exchange,
  head: Head,
  verifier: Verifier,
  body: Buffer,
  byHost: boolean,
): Promise<Verified> {
  const url = urlAsSent(context, head, byHost);
  const verdict = await verifier.verify({ head, body, url, now: context.now() });
  // It may have taken a fetch, during which nobody was told of it.
  if (exchange.isDisconnected) throw new ClientDisconnected();
  if (verdict.ok === true) return { expiresAt: verdict.expiresAt };
  const cause = new Error(verdict.reason);
  if (verdict.ok === false) {
    throw new DoorError('GWPROXY_UNVERIFIED', 'the request is not proven to be from its sender', {
      cause,
      ...(verifier.challenge !== null && { challenge: verifier.challenge }),
    });
  }
  // Not 401: the sender is not to blame, and many take a 401 for final.
  throw new DoorError('GWPROXY_UPSTREAM_NOT_READY', 'the request cannot be verified at present', {
    cause,
    retryAfter: verdict.retryAfter,
  });
}

/** As the sender was told it. Where hosts are told apart, public_url names but one of them. */
function urlAsSent({ publicUrl }: DoorContext, { host, path, search }: Head, byHost: boolean): string | null {
  if (publicUrl === null) return null;
  const origin = byHost ? `${publicUrl.proto}://${host}` : publicUrl.href;
  return origin + path + search;
}
