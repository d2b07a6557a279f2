import { DoorError } from '../../errors.ts';
import type { FanOut } from '../../routing/match.ts';
import type { DoorContext } from '../context.ts';
import { reply } from '../http/answer.ts';
import { type Client, ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { asDoorError } from '../http/refusals.ts';
import { type Prepared, prepare } from '../match/prepare.ts';
import type { MatchBasis } from '../match/rule-set.ts';
import { recordUnmatched } from '../match/unmatched.ts';
import { batchId } from '../repeats/partial-batches.ts';
import type { Head } from '../request/head.ts';
import { type Copy, sendCopy } from '../upstream/send-copy.ts';
import { deliver } from './deliver.ts';

/**
 * Delivers one batch to each of its gateways at the same time, byte for byte. The sender gets 200 if all of them
 * accepted it (2xx), else 503, so that it repeats the batch; the repeat goes only to those that did not accept it.
 * Rejects with ClientDisconnected, or with the DoorError to answer.
 */
export async function fanOut(
  context: DoorContext,
  exchange: Exchange,
  head: Head,
  { platform, matches, unclaimed: others }: FanOut,
  body: Buffer,
  basis: MatchBasis,
): Promise<void> {
  recordUnmatched(context, head, others);
  const id = await batchId(context.loop, platform, head.host + head.path + head.search, body);
  if (exchange.isDisconnected) throw new ClientDisconnected();
  const acceptedBy = new Set(context.partialBatches.acceptedBy(id, context.now()));
  const branches = matches
    .filter(({ profile }) => !acceptedBy.has(profile))
    .map((match) => ({ match, client: new Branch(exchange) }));
  exchange.onDisconnect(() => {
    for (const { client } of branches) client.disconnect();
  });
  const failures: DoorError[] = [];
  await Promise.all(
    branches.map(async ({ match, client }) => {
      try {
        const verifier = basis.ruleSet.verifiers.of(match.profile, platform);
        const isVerified =
          verifier !== undefined && !match.route.unverified && verifier.needs(head) !== 'nothing';
        const prepared = prepare(context.publicUrl, exchange, head, match, isVerified, basis);
        await deliverCopy(context, client, prepared, body);
        acceptedBy.add(match.profile);
      } catch (error) {
        if (error instanceof ClientDisconnected) return;
        const known = asDoorError(error);
        context.reportRefusal(known, exchange, match.profile);
        failures.push(known);
      }
    }),
  );
  // A client that disconnected did not see the 200, and repeats the batch.
  if (failures.length === 0 && !exchange.isDisconnected) context.partialBatches.forget(id);
  else if (acceptedBy.size > 0) context.partialBatches.record(id, acceptedBy, context.now());
  if (exchange.isDisconnected) throw new ClientDisconnected();
  exchange.onDisconnect(null);
  if (failures.length > 0) throw incomplete(failures);
  exchange.answer(reply({ status: 200, contentType: null, body: '' }, exchange.requestId), false);
}

/** Resolves when the gateway accepted the batch. */
async function deliverCopy(
  context: DoorContext,
  client: Client,
  { delivery, method, target, headers }: Prepared,
  body: Buffer,
): Promise<void> {
  const copy: Copy = { method, target, headers, body };
  let status = 0;
  await deliver(context, client, delivery, async (upstream, address) => {
    const outcome = await sendCopy(context, client, upstream, address, copy);
    if (outcome.kind === 'answered') status = outcome.status;
    return outcome;
  });
  if (status < 200 || status > 299) {
    throw new DoorError('GWPROXY_FAN_OUT_INCOMPLETE', `a gateway answered ${status}`);
  }
}

function incomplete(failures: readonly DoorError[]): DoorError {
  const retryAfter = Math.max(1, ...failures.map((failure) => failure.retryAfter ?? 0));
  return new DoorError('GWPROXY_FAN_OUT_INCOMPLETE', 'not every gateway accepted the batch', { retryAfter });
}

/** The client as one delivery of the batch sees it, with a disconnect handler of its own. */
class Branch implements Client {
  isDisconnected = false;
  readonly #whole: Client;
  #onDisconnect: (() => void) | null = null;

  constructor(whole: Client) {
    this.#whole = whole;
  }

  get clientAddress(): string {
    return this.#whole.clientAddress;
  }

  onDisconnect(handler: (() => void) | null): void {
    this.#onDisconnect = handler;
  }

  disconnect(): void {
    this.isDisconnected = true;
    const handler = this.#onDisconnect;
    this.#onDisconnect = null;
    handler?.();
  }
}
