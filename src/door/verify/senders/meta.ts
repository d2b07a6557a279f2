import type { Verifier } from '../verdict.ts';
import { hubSignature } from './hub-signature.ts';

/**
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications. A subscription's GET
 * is not signed: it is routed by its verify_token, which proves the sender.
 */
export function metaVerifier(secrets: readonly string[]): Verifier {
  return {
    needs: (head) => (head.method === 'GET' ? 'nothing' : 'body'),
    verify: (request) => hubSignature(request, secrets),
    challenge: null,
  };
}
