import type { DeadLetter, EndReason, Spooled, SpoolRequest, Tries } from './spooled-delivery.ts';

/** The contents of a store when it is opened. */
export interface StoreContents {
  /** In the order of arrival. */
  readonly spooled: readonly Spooled[];
  readonly dead: readonly DeadLetter[];
  /** Files that are no deliveries; they were moved aside. */
  readonly corrupt: readonly CorruptFile[];
}

export interface CorruptFile {
  readonly file: string;
  readonly reason: string;
}

/** A delivery that has its id and place in the order, and is being written. */
export interface PendingPut {
  readonly spooled: Spooled;
  /** Resolves when it outlives a crash and a power loss. Rejects with SpoolRefused if it is not stored. */
  readonly durable: Promise<void>;
}

/** Stores deliveries until they are removed, however the process ends. Only one gwproxy may use it at a time. */
export interface SpoolStore {
  /** Must be called first, and once. Rejects with the system's error if the store cannot be used. */
  open(): Promise<StoreContents>;
  /** Throws SpoolRefused if the store is full. */
  put(request: SpoolRequest): PendingPut;
  /** Rejects with CorruptRecord after moving the file aside, or with the system's error. */
  read(id: string): Promise<SpoolRequest>;
  /** Resolves when the removal outlives a power loss. */
  remove(id: string): Promise<void>;
  /** Makes it a dead letter, which it stays after a restart. */
  moveToDead(id: string, how: Tries & { readonly end: EndReason; readonly diedAt: number }): Promise<void>;
  /** Makes a dead letter wait for its gateway again. */
  moveToNew(id: string): Promise<void>;
}
