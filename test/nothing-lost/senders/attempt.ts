import { request } from 'undici';
import type { Sending } from '../../support/senders.ts';
import type { Outcome } from '../ledger.ts';

export interface Answer {
  readonly outcome: Outcome;
  /** Names in lower case; none where there was no answer. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** '' where there was none, or it broke off. */
  readonly text: string;
}

/**
 * One request, over a connection of its own: what goes wrong is then never an idle connection's fault. A status
 * counts once its head is here, since the sender has heard it then; `patience` is ms. Rejects where `over` is aborted.
 */
export async function attempt(
  url: string,
  sending: Sending,
  patience: number,
  over: AbortSignal,
): Promise<Answer> {
  const late = AbortSignal.timeout(patience);
  try {
    const answer = await request(url + sending.path, {
      method: 'POST',
      headers: { ...sending.headers },
      body: sending.body,
      reset: true,
      headersTimeout: 0,
      bodyTimeout: 0,
      signal: AbortSignal.any([late, over]),
    });
    const text = await answer.body.text().catch(() => '');
    return { outcome: { is: 'status', status: answer.statusCode }, headers: answer.headers, text };
  } catch (error) {
    over.throwIfAborted();
    const outcome: Outcome = late.aborted ? { is: 'gave up' } : { is: 'error', code: codeOf(error) };
    return { outcome, headers: {}, text: '' };
  }
}

/** The system's own where it is wrapped. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  if (error.cause !== undefined) return codeOf(error.cause);
  return 'code' in error ? String(error.code) : error.name;
}
