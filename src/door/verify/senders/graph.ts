import { compileJsonReads } from '../../../routing/body/json.ts';
import { isOneOfSecrets } from '../compare.ts';
import { readJsonOf } from '../read-json.ts';
import { refused, signedBody, VERIFIED, type Verifier } from '../verdict.ts';

const READS = compileJsonReads([], [{ '/value': { json: ['/clientState'] } }], 2000);

/**
 * https://learn.microsoft.com/graph/change-notifications-delivery-webhooks: the client state is the subscriber's
 * secret, and every notification, lifecycle ones too, must have it. It is not a signature: it only proves that the
 * sender has seen a notification before.
 */
export function graphVerifier(clientStates: readonly string[]): Verifier {
  return signedBody(async (request) => {
    const read = await readJsonOf(request, READS);
    if (read.outcome !== 'read') return refused('the notifications cannot be read');
    const states = new Set(read.fields.each('/value').map((item) => item.text('/clientState')));
    const isRight = (state: string | undefined) => state !== undefined && isOneOfSecrets(state, clientStates);
    return states.size > 0 && [...states].every(isRight)
      ? VERIFIED
      : refused('a notification has no clientState or a wrong one');
  });
}
