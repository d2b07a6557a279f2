/** The client disconnected before it was answered: the request ends without an answer and without a report. */
export class ClientDisconnected extends Error {
  constructor() {
    super('the client disconnected');
    this.name = 'ClientLeft';
  }
}

/** A client that waits for an answer and may disconnect at any moment. */
export interface Client {
  readonly isDisconnected: boolean;
  /** What to handler if it leaves from now on; replaces what was said before, null for nothing. */
  onDisconnect(handler: (() => void) | null): void;
}
