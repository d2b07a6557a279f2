/** The client disconnected before it was answered: the request ends without an answer and without a report. */
export class ClientDisconnected extends Error {
  constructor() {
    super('the client disconnected');
    this.name = 'ClientDisconnected';
  }
}

/** A client that waits for an answer and may disconnect at any moment. */
export interface Client {
  readonly isDisconnected: boolean;
  /** Replaces the handler that is called if the client disconnects from now on; null removes it. */
  onDisconnect(handler: (() => void) | null): void;
}
