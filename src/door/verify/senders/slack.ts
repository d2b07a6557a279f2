import { fromHex, isHmac } from '../compare.ts';
import { FRESH_WINDOW, freshTime } from '../fresh.ts';
import { refused, signedBody, type Verifier } from '../verdict.ts';

/** https://docs.slack.dev/authentication/verifying-requests-from-slack. A gateway's own time window is the same. */
export function slackVerifier(secrets: readonly string[]): Verifier {
  return signedBody(async ({ head, body, now, loop }) => {
    const signature = fromHex(head.header('x-slack-signature'), 'v0=');
    if (signature === undefined) return refused('X-Slack-Signature is missing or not of version v0');
    const timestamp = head.header('x-slack-request-timestamp');
    const at = freshTime(timestamp, now);
    if (at === null)
      return refused('X-Slack-Request-Timestamp is missing or more than five minutes from now');
    return (await isHmac(loop, 'sha256', secrets, [`v0:${timestamp}:`, body], signature))
      ? { ok: true, expiresAt: at + FRESH_WINDOW }
      : refused('X-Slack-Signature matches none of the signing secrets');
  });
}
