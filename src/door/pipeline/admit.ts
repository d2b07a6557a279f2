import { DoorError } from '../../errors.ts';
import type { FanOut, Match } from '../../routing/match.ts';
import type { DoorContext } from '../context.ts';
import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import type { RuleSet } from '../match/rule-set.ts';
import type { Head } from '../request/head.ts';
import { type Body, readWholeBody } from '../request/read-body.ts';
import type { Received, Verified, Verifier } from '../verify/verdict.ts';

/** A request that may be delivered. */
export interface Admitted {
  /** Null if the profile has no rule for the platform. */
  readonly verified: Verified | null;
  readonly body: Body;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Verifies that a matched request is from its sender, if its profile has a rule for that platform; else returns
 * synchronously. Reads the body if the signature covers it. Rejects with GWPROXY_UNVERIFIED, with
 * GWPROXY_UPSTREAM_NOT_READY if the keys cannot be fetched, and as `readWholeBody` does.
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
  return readAndVerify(context, exchange, head, match, body, verifier);
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
  const read = mustRead ? await readWholeBody(context, exchange, head) : body;
  const bytes = read === 'streamed' ? NO_BYTES : read;
  const received = receivedOf(context, head, bytes, match.route.host !== null);
  return { verified: await verify(exchange, verifier, received), body: read };
}

/** Verifies a batch for several profiles: its body must pass the rule of every one of them. Rejects as `admit` does. */
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
    if (verifier.needs(head) === 'nothing') continue;
    await verify(exchange, verifier, receivedOf(context, head, body, false));
  }
}

async function verify(exchange: Exchange, verifier: Verifier, received: Received): Promise<Verified> {
  const verdict = await verifier.verify(received);
  // The verifier may have fetched keys meanwhile, and does not notice a disconnect.
  if (exchange.isDisconnected) throw new ClientDisconnected();
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

/**
 * The request in the form that a verifier gets. With routes by host, the URL has the request's host, since public_url
 * has only one.
 */
function receivedOf(context: DoorContext, head: Head, body: Buffer, byHost: boolean): Received {
  const { publicUrl } = context;
  const { host, path, search } = head;
  const origin = publicUrl && (byHost ? `${publicUrl.proto}://${host}` : publicUrl.href);
  const url = origin === null ? null : origin + path + search;
  return { head, body, url, now: context.now(), loop: context.loop };
}
