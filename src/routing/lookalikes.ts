import { type BodyReads, compileBodyReads } from './body/inspect.ts';
import type { BodyFields } from './body/reads.ts';
import { definePlatform, type Platform, type RequestHead } from './platform.ts';
import { platforms } from './platforms/index.ts';
import type { PlatformName } from './route.ts';

/** What the head of a request says of the senders that a profile verifies. */
export interface MarksInHead {
  readonly marked: readonly Platform[];
  readonly needsBody: boolean;
  /** Whether the body could show others if it were JSON, contrary to its Content-Type. */
  readonly needsBodyIfJson: boolean;
}

/** The head as it is to a gateway that reads JSON whatever the Content-Type says. */
export function asJson(head: RequestHead): RequestHead {
  const { method, path, query, host } = head;
  const header = (name: string): string | undefined =>
    name === 'content-type' ? 'application/json' : head.header(name);
  return { method, path, query, host, header };
}

/**
 * The senders that a profile verifies, to be asked whether its gateway may take a request for one of theirs, whichever
 * route it came by.
 */
export class Lookalikes {
  /** What `inBody` needs of a body. */
  readonly reads: BodyReads;
  readonly #verified: readonly Platform[];

  constructor(verified: readonly PlatformName[]) {
    this.#verified = platforms.filter(({ name }) => verified.includes(name));
    this.reads = compileBodyReads(
      this.#verified.map((platform) => definePlatform({ ...platform, reads: platform.lookalike.reads })),
    );
  }

  /**
   * Those whose mark is in the head, and whether a body could show others. `matched` is the platform that routing
   * recognised; null for none.
   */
  inHead(head: RequestHead, matched: PlatformName | null): MarksInHead {
    const imitated = imitatedBy(matched);
    const json = asJson(head);
    const marked: Platform[] = [];
    let needsBody = false;
    let needsBodyIfJson = false;
    for (const platform of this.#verified) {
      const { name, lookalike } = platform;
      const answer = lookalike.recognises(head);
      if (answer === true) marked.push(platform);
      if (imitated.includes(name) && lookalike.isBeyondImitation === undefined) continue;
      if (answer === 'needs body') needsBody = true;
      else needsBodyIfJson ||= lookalike.recognises(json) === 'needs body';
    }
    return { marked: originals(marked, imitated, head, null), needsBody, needsBodyIfJson };
  }

  /** All of them, once the body is read; `body` is null if it has no format that they read. */
  inBody(head: RequestHead, matched: PlatformName | null, body: BodyFields | null): readonly Platform[] {
    const found = this.#verified.filter(
      ({ lookalike }) => lookalike.recognises(head, body ?? undefined) === true,
    );
    return originals(found, imitatedBy(matched), head, body);
  }
}

function imitatedBy(matched: PlatformName | null): readonly PlatformName[] {
  return platforms.find(({ name }) => name === matched)?.imitates ?? [];
}

/**
 * Without those that another one of them, or the matched platform, imitates: the request is the imitator's, unless it has
 * what no imitator sends.
 */
function originals(
  found: readonly Platform[],
  imitated: readonly PlatformName[],
  head: RequestHead,
  body: BodyFields | null,
): readonly Platform[] {
  const all = [...imitated, ...found.flatMap(({ imitates }) => imitates)];
  return found.filter(
    ({ name, lookalike }) => !all.includes(name) || lookalike.isBeyondImitation?.(head, body) === true,
  );
}
