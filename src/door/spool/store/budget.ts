/** What the spool may hold, dead deliveries among it. */
export interface SpoolLimits {
  /** Bytes on disk, of all profiles. */
  readonly bytes: number;
  readonly count: number;
  readonly bytesPerProfile: number;
  readonly countPerProfile: number;
}

/** Of 100 requests a second, a gateway may be away for well over a minute. */
export const SPOOL_LIMITS: SpoolLimits = {
  bytes: 512 * 1024 * 1024,
  count: 40_000,
  bytesPerProfile: 128 * 1024 * 1024,
  countPerProfile: 10_000,
};

interface Used {
  bytes: number;
  count: number;
}

/** What of its limits the spool has used. */
export class SpoolBudget {
  readonly #limits: SpoolLimits;
  readonly #all: Used = { bytes: 0, count: 0 };
  readonly #profiles = new Map<string, Used>();

  constructor(limits: SpoolLimits) {
    this.#limits = limits;
  }

  /** False where it would be too much; then nothing is taken. */
  take(profile: string, bytes: number): boolean {
    const used = this.#profiles.get(profile) ?? { bytes: 0, count: 0 };
    const { limits, all } = { limits: this.#limits, all: this.#all };
    const fits =
      all.count < limits.count &&
      used.count < limits.countPerProfile &&
      all.bytes + bytes <= limits.bytes &&
      used.bytes + bytes <= limits.bytesPerProfile;
    if (fits) this.add(profile, bytes);
    return fits;
  }

  /** What is there already, whether or not it fits. */
  add(profile: string, bytes: number): void {
    const used = this.#profiles.get(profile) ?? { bytes: 0, count: 0 };
    this.#profiles.set(profile, used);
    for (const one of [used, this.#all]) {
      one.bytes += bytes;
      one.count += 1;
    }
  }

  give(profile: string, bytes: number): void {
    const used = this.#profiles.get(profile);
    if (used === undefined) return;
    for (const one of [used, this.#all]) {
      one.bytes -= bytes;
      one.count -= 1;
    }
    if (used.count === 0) this.#profiles.delete(profile);
  }
}
