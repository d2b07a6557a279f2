/** How long a sender waits for each answer, and how long after each failure it sends again; ms. */
export interface Patience {
  readonly perRequest: number;
  readonly repeats: readonly number[];
}

/**
 * 10 to 15 s by channel, and never again (learn.microsoft.com, "Manage a long-running operation").
 */
export const BOT_FRAMEWORK: Patience = { perRequest: 15_000, repeats: [] };

const MINUTE = 60_000;
/** The run whose repeats come as late as Slack's. */
const UNCOMPRESSED_MS = 12 * MINUTE;

/**
 * 3 s, then at once, after 1 minute, and after 5 (docs.slack.dev/apis/events-api). A run of 12 minutes has the real
 * waits; in a shorter one they are shorter in proportion, so that the repeats of most deliveries fall into it: after
 * 10 s and 50 s in one of 2 minutes.
 */
export function slackPatience(durationMs: number): Patience {
  const share = Math.min(1, durationMs / UNCOMPRESSED_MS);
  return { perRequest: 3000, repeats: [0, MINUTE, 5 * MINUTE].map((ms) => ms * share) };
}
