import type { Place } from './layout.ts';
import type { DeadLetter, EndReason, Spooled, SpoolRequest, Tries } from './spooled-delivery.ts';

/** The contents of a store when it is opened. */
export interface StoreContents {
  /** In the order of arrival. */
  readonly spooled: readonly Spooled[];
  readonly dead: readonly DeadLetter[];
  /** Files that were moved aside by this call, since they are no deliveries, and leftovers that cannot be removed. */
  readonly corrupt: readonly CorruptFile[];
  /** All files that cannot be read, those that were moved aside just now included. */
  readonly unreadable: readonly UnreadableFile[];
}

export interface CorruptFile {
  readonly file: string;
  readonly reason: string;
}

/** Why a file cannot be read: it is damaged, a newer gwproxy wrote it, or the disk failed. */
export type UnreadableBecause = 'damaged' | 'newer' | 'disk';

/** A file that holds an acknowledged delivery, as far as its name says, and cannot be read by this version. */
export interface UnreadableFile {
  /** Its name, which is the delivery's id. */
  readonly file: string;
  /** A damaged file lies in `corrupt`; any other is left where it is. */
  readonly place: Place | 'corrupt';
  readonly path: string;
  /** Null if the file does not say it. */
  readonly profile: string | null;
  readonly because: UnreadableBecause;
  /** A clause for the operator. */
  readonly reason: string;
  /** Null if the disk does not say it. */
  readonly bytes: number | null;
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
  /** The files that cannot be read, by name. */
  unreadable(): readonly UnreadableFile[];
  /** Reads such a file again, and makes it wait for its gateway; null if it still cannot be read. */
  recover(file: string): Promise<Spooled | null>;
  /** Deletes such a file; resolves when that outlives a power loss. */
  removeUnreadable(file: string): Promise<void>;
}
