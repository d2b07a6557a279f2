/** Whose turn it is to start: so many at once. One for each supervisor. */
export class Starts {
  /** Resolves when it is that profile's turn, or when `done` is called before. */
  take(_profile: string): Promise<void> {
    return Promise.resolve();
  }

  /** A request waits for it: it is next. */
  hurry(_profile: string): void {}

  /** It has started, failed, or is to start no more: the next one's turn. */
  done(_profile: string): void {}
}
