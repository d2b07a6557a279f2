import type { BodyFields } from './body/reads.ts';
import type { DeliveryFacts, Platform, Reply, RequestHead } from './platform.ts';

const ACCEPTED: Reply = { status: 200, contentType: null, body: '' };

/** The platform's answers about spooling, repeats and order for one of its requests. */
export function factsOf(platform: Platform, head: RequestHead, body: BodyFields | null): DeliveryFacts {
  return new Facts(platform, head, body);
}

/** Each fact is computed on demand: most requests need only one. */
class Facts implements DeliveryFacts {
  readonly #platform: Platform;
  readonly #head: RequestHead;
  readonly #body: BodyFields | null;

  constructor(platform: Platform, head: RequestHead, body: BodyFields | null) {
    this.#platform = platform;
    this.#head = head;
    this.#body = body;
  }

  get spoolable(): boolean {
    return !this.#isSynchronous() && this.#platform.spoolable?.(this.#head, this.#body) === true;
  }

  get acknowledgement(): Reply {
    return this.#platform.acknowledgement?.(this.#head, this.#body) ?? ACCEPTED;
  }

  get dedupKey(): readonly string[] | undefined {
    return this.#isSynchronous() ? undefined : this.#platform.dedupKey?.(this.#head, this.#body);
  }

  get orderKey(): string | undefined {
    return this.#platform.orderKey?.(this.#head, this.#body);
  }

  #isSynchronous(): boolean {
    return this.#platform.synchronous(this.#head, this.#body);
  }
}
