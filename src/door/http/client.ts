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
  /** Who it is, as far as the door can know: see `clientOf`. Costs some work, so it is read only if something is scarce. */
  readonly clientAddress: string;
  /** Replaces the handler that is called if the client disconnects from now on; null removes it. */
  onDisconnect(handler: (() => void) | null): void;
}
