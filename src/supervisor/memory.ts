export interface MemoryWatchOptions {
  /** The leader of the gateway's process group, and its MARK's value. */
  readonly pid: number;
  readonly mark: string;
  /** Bytes. */
  readonly limit: number;
  /** It grew past the warning; at most once until it has shrunk again. */
  readonly near: (bytes: number) => void;
  readonly exceeded: (bytes: number) => void;
}

/** Looks, now and then, how much memory a gateway's processes use, until end(). */
export class MemoryWatch {
  constructor(_options: MemoryWatchOptions) {}

  end(): void {}
}
