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
  /** Sets what to do if the client disconnects from now on, in place of an earlier handler; null for nothing. */
  onDisconnect(handler: (() => void) | null): void;
}
