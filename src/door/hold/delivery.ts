/** A matched request: the profile that it is for, and how long its sender waits. */
export interface Delivery {
  readonly profile: string;
  /** Without a stripped or an added prefix: the path that picks the listener. */
  readonly path: string;
  /** Epoch ms. */
  readonly arrivedAt: number;
  /** Size of the body that is in memory while the request waits; 0 if the body is unread. */
  readonly bytes: number;
  /** It is known to be from its sender. */
  readonly verified: boolean;
  /** Ms from arrivedAt; only called if the request must wait. */
  readonly deadline: () => number;
}
