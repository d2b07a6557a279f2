import type { Bot } from '../bot.ts';
import type { Scope } from '../scope.ts';

/** What stands between the senders and the gateways, with what may be done to it and to them. */
export interface Front {
  readonly url: string;
  /** SIGKILL of a gateway; false where none runs right now. */
  killGateway(bot: string): Promise<boolean>;
  /** In order, as an operator does. */
  restartGateway(bot: string): Promise<void>;
  /** A real change of that gateway's configuration, applied without an end of the front. */
  reload(bot: string): Promise<void>;
  /** SIGKILL of the process that listens; resolves once there is another. */
  killDoor(): Promise<void>;
  restartDoor(): Promise<void>;
  /** What it has acknowledged and not delivered yet, by bot, and what of it it has given up. */
  spooled(): Promise<Spooled>;
  /** More that it counted, for the report. */
  counted(): ReadonlyMap<string, number>;
}

export interface Spooled {
  /** Still to be delivered. */
  readonly waiting: ReadonlyMap<string, number>;
  /** Tried too often: an operator can still have it delivered. */
  readonly dead: ReadonlyMap<string, number>;
}

/** The folder is the run's, and every process carries `tag` in its environment. */
export interface FrontOptions {
  readonly bots: readonly Bot[];
  readonly folder: string;
  readonly tag: string;
}

/** Resolves once every gateway is ready; it ends with the scope. */
export type StartFront = (scope: Scope, options: FrontOptions) => Promise<Front>;
