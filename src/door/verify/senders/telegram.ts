import { isOneOfSecrets } from '../compare.ts';
import { refused, VERIFIED, type Verifier } from '../verdict.ts';

/** https://core.telegram.org/bots/api#setwebhook. The token is the whole proof, so that the body need not be read. */
export function telegramVerifier(secrets: readonly string[]): Verifier {
  return {
    needs: () => 'head',
    verify: ({ head }) => {
      const token = head.header('x-telegram-bot-api-secret-token');
      return token !== undefined && isOneOfSecrets(token, secrets)
        ? VERIFIED
        : refused('X-Telegram-Bot-Api-Secret-Token is missing or wrong');
    },
    challenge: null,
  };
}
