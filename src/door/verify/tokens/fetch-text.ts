import { Agent, request } from 'undici';

/** Resolves with a 200's body; rejects with an Error whose message says in a few words why there is none. */
export type FetchText = (url: string, signal: AbortSignal) => Promise<string>;

/** For the whole of it. */
const TIMEOUT = 5000;
/** Microsoft's shared set has some 30 KiB. */
const LONGEST = 1024 * 1024;

/** With GET, following no redirect: keys come from where the config or an issuer's metadata say, or not at all. */
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
    // Once a day, or an hour: there is no connection worth keeping.
    await agent.destroy();
  }
};
