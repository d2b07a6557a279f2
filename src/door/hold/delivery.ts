/** A request that is matched: whose it is, and how long its sender waits. */
export interface Delivery {
  readonly profile: string;
  /** As the gateway will see it, a stripped prefix taken off. */
  readonly path: string;
  /** Epoch ms. */
  readonly arrivedAt: number;
  /** Of its body, held in memory while it waits; 0 where that stays unread. */
  readonly bytes: number;
  /** Ms from arrivedAt; asked only where the request must wait. */
  readonly deadline: () => number;
}
