import type { DeadLetter, EndReason, Spooled, SpoolRequest, Tries } from './spooled-delivery.ts';

/** What a store held when it was opened. */
export interface StoreContents {
  /** In the order of arrival. */
  readonly spooled: readonly Spooled[];
  readonly dead: readonly DeadLetter[];
  /** What was no delivery (any more), and is set aside. */
  readonly corrupt: readonly CorruptFile[];
}

export interface CorruptFile {
  readonly file: string;
  readonly reason: string;
}

/** A delivery on its way to the store: it has its place in the order, and is not kept yet. */
export interface PendingPut {
  readonly spooled: Spooled;
  /** Resolves when it outlives a crash and a power loss. Rejects with SpoolRefused; then it is not kept. */
  readonly durable: Promise<void>;
}

/** Keeps deliveries until they are removed, whatever ends the process. Of one gwproxy at a time. */
export interface SpoolStore {
  /** To be called first, and once. Rejects with the system's error where the store cannot be used. */
  open(): Promise<StoreContents>;
  /** Throws SpoolRefused where it is full. */
  put(request: SpoolRequest): PendingPut;
  /** Rejects with CorruptRecord, after it is set aside; else with the system's error. */
  read(id: string): Promise<SpoolRequest>;
  /** Resolves when it will not come back. */
  remove(id: string): Promise<void>;
  /** It waits for the operator from now on, a restart included. */
  moveToDead(id: string, how: Tries & { readonly end: EndReason; readonly diedAt: number }): Promise<void>;
  /** It waits for its gateway again. */
  moveToNew(id: string): Promise<void>;
}
