/** Ends what a request was doing when its client left. Nobody is answered, and nobody is told. */
export class ClientDisconnected extends Error {
  constructor() {
    super('the client left');
    this.name = 'ClientLeft';
  }
}

/** A client that waits, and may leave at any moment. */
export interface Client {
  readonly isDisconnected: boolean;
  /** What to handler if it leaves from now on; replaces what was said before, null for nothing. */
  onDisconnect(handler: (() => void) | null): void;
}
