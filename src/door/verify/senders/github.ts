import { signedBody, type Verifier } from '../verdict.ts';
import { hubSignature } from './hub-signature.ts';

/**
 * https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. The signature of a form covers its
 * encoded bytes.
 */
export function githubVerifier(secrets: readonly string[]): Verifier {
  return signedBody((request) => hubSignature(request, secrets));
}
