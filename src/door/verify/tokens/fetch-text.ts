import { Agent, request } from 'undici';

/** Resolves with the body of a 200; rejects with an Error whose message says why there is none. */
export type FetchText = (url: string, signal: AbortSignal) => Promise<string>;

/** Ms for the whole fetch. */
const TIMEOUT = 5000;
/** Bytes of the longest answer; Microsoft's shared set has some 30 KiB. */
const LONGEST = 1024 * 1024;

/** Fetches with GET and follows no redirect: keys must come from the URL of the config or of the issuer's metadata. */
export const fetchText: FetchText = async (url, signal) => {
  const agent = new Agent({ maxResponseSize: LONGEST, connect: { timeout: TIMEOUT } });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      headers: { accept: 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    });
    if (statusCode !== 200) throw new Error(`the answer is ${statusCode}`);
    return await body.text();
  } finally {
    // The next fetch is hours away: the connection is not worth keeping.
    await agent.destroy();
  }
};
