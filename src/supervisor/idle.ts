/** What doors told of the gateways that are stopped when idle. Bounded by doors × profiles. */
export class Idle {
  constructor(_doorIds: () => readonly string[]) {}

  /** Whether by this report no door has used that generation for `timeout` ms. `now` is epoch ms. */
  load(
    _doorId: string,
    _load: {
      readonly profile: string;
      readonly generation: number;
      readonly inFlight: number;
      readonly lastUsed: number;
    },
    _timeout: number,
    _now: number,
  ): boolean {
    return false;
  }
}
