import { DoorError } from '../../errors.ts';
import type { FanOut, Match } from '../../routing/match.ts';
import type { DoorContext } from '../context.ts';
import { reply } from '../http/answer.ts';
import { type Client, ClientLeft } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { asDoorError } from '../http/refusals.ts';
import { prepare } from '../match/prepare.ts';
import type { Ruled } from '../match/ruling.ts';
import { recordUnmatched } from '../match/unmatched.ts';
import { deliveryId } from '../repeats/partial-batches.ts';
import type { Head } from '../request/head.ts';
import { type Copy, sendCopy } from '../upstream/send-copy.ts';
import { deliver } from './deliver.ts';

/**
 * Brings one batch to each of its gateways at once, byte for byte. The sender hears 200 once all of them took it
 * (2xx), else 503, so that it repeats the batch; the repeat goes only to those that did not take it. Rejects with
 * ClientLeft, or with what there is to answer.
 */
export async function fanOut(
  context: DoorContext,
  exchange: Exchange,
  head: Head,
  { platform, matches, unclaimed: others }: FanOut,
  body: Buffer,
  ruled: Ruled,
): Promise<void> {
  recordUnmatched(context, head, others);
  const id = deliveryId(platform, head.host + head.path + head.search, body);
  const taken = new Set(context.partialBatches.by(id, context.now()));
  const branches = matches
    .filter(({ profile }) => !taken.has(profile))
    .map((match) => ({ match, client: new Branch() }));
  exchange.onLeave(() => {
    for (const { client } of branches) client.leave();
  });
  const failures: DoorError[] = [];
  await Promise.all(
    branches.map(async ({ match, client }) => {
      try {
        await bring(context, exchange, client, head, match, body, ruled);
        taken.add(match.profile);
      } catch (error) {
        if (error instanceof ClientLeft) return;
        const known = asDoorError(error);
        context.refused(known, exchange, match.profile);
        failures.push(known);
      }
    }),
  );
  // Whoever left did not hear that all took it, and repeats it.
  if (failures.length === 0 && !exchange.left) context.partialBatches.forget(id);
  else if (taken.size > 0) context.partialBatches.note(id, taken, context.now());
  if (exchange.left) throw new ClientLeft();
  exchange.onLeave(null);
  if (failures.length > 0) throw incomplete(failures);
  exchange.answer(reply({ status: 200, contentType: null, body: '' }, exchange.requestId), false);
}

/** Resolves when the gateway took it. */
async function bring(
  context: DoorContext,
  exchange: Exchange,
  client: Client,
  head: Head,
  match: Match,
  body: Buffer,
  ruled: Ruled,
): Promise<void> {
  const { delivery, method, target, headers } = prepare(context.publicUrl, exchange, head, match, ruled);
  const copy: Copy = { method, target, headers, body };
  let status = 0;
  await deliver(context, client, delivery, async (upstream, address) => {
    const offered = await sendCopy(context, client, upstream, address, copy);
    if (offered.kind === 'answered') status = offered.status;
    return offered;
  });
  if (status < 200 || status > 299) {
    throw new DoorError('GWPROXY_FAN_OUT_INCOMPLETE', `a gateway answered ${status}`);
  }
}

function incomplete(failures: readonly DoorError[]): DoorError {
  const retryAfter = Math.max(1, ...failures.map((failure) => failure.retryAfter ?? 0));
  return new DoorError('GWPROXY_FAN_OUT_INCOMPLETE', 'not every gateway took the batch', { retryAfter });
}

/** The client as one of the gateways sees it: each has something of its own to undo. */
class Branch implements Client {
  left = false;
  #undo: (() => void) | null = null;

  onLeave(undo: (() => void) | null): void {
    this.#undo = undo;
  }

  leave(): void {
    this.left = true;
    const undo = this.#undo;
    this.#undo = null;
    undo?.();
  }
}
