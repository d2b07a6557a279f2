import { EventEmitter, once } from 'node:events';

/** What a bot said, and who: the token that it called with. */
export interface Said {
  readonly token: string;
  readonly text: string;
}

/** What the bots of a platform say to its stand-in. */
export class Sayings {
  readonly all: Said[] = [];
  readonly #news = new EventEmitter();

  add(said: Said): void {
    this.all.push(said);
    this.#news.emit('said');
  }

  /** Resolves with who said that, as soon as somebody has. */
  async who(text: string): Promise<string> {
    for (;;) {
      const found = this.all.find((said) => said.text === text);
      if (found !== undefined) return found.token;
      await once(this.#news, 'said', { signal: AbortSignal.timeout(15_000) });
    }
  }
}
