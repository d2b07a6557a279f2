import type { AppFacts } from '../facts/app-facts.ts';
import type { OwnEnvFile } from '../facts/own-env-file.ts';
import { readFacts, type SeenApp } from '../facts/read-facts.ts';
import type { Machine } from '../local-machine.ts';
import { type CanUse, identitiesOf } from './claims.ts';
import { type RecognisedSender, recognise } from './recognise.ts';
import { tunnelOf } from './tunnel.ts';

/** What an app shows of its senders. */
export interface AppSenders {
  readonly facts: AppFacts;
  readonly ownFile: OwnEnvFile | null;
  /** The tunnel's name; null for an app that is none. */
  readonly tunnel: string | null;
  readonly senders: readonly RecognisedSender[];
  /** What it claims and may claim, to be compared with other apps'. */
  readonly identities: ReadonlySet<string>;
  readonly canUse: CanUse;
}

/** Reads the app's script and lists of packages through `machine`, and nothing else. */
export function appSenders(app: SeenApp, machine: Machine): AppSenders {
  const { facts, ownFile } = readFacts(app, machine);
  const tunnel = tunnelOf(facts);
  const senders = tunnel === null ? recognise(facts) : [];
  const canUse: CanUse = (place) => place !== 'own' || ownFile?.isSafe === true;
  return { facts, ownFile, tunnel, senders, identities: identitiesOf(senders, facts), canUse };
}
