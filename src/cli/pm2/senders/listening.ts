import type { Script } from '../facts/app-facts.ts';
import { type ScriptPort, scriptPort } from '../facts/script-port.ts';
import type { RecognisedSender } from './recognise.ts';

/**
 * Whether an app listens for its senders. called: a sender calls it. unsure: one may. no: it connects by itself, and
 * serves nothing. unknown: nothing is known of it, or of what else it serves.
 */
export type Listening = 'called' | 'unsure' | 'no' | 'unknown';

/** Pure. */
export function listeningOf(senders: readonly RecognisedSender[], script: Script | null): Listening {
  if (senders.some(({ way }) => way === 'webhook')) return 'called';
  if (senders.some(({ way }) => way === 'unsure')) return 'unsure';
  if (senders.length === 0 || scriptPort(script).serves) return 'unknown';
  return 'no';
}

/** What the script says of its port, a call of an SDK's own server included. Pure. */
export function portOf(senders: readonly RecognisedSender[], script: Script | null): ScriptPort {
  const said = scriptPort(script);
  if (said.readsPort || said.otherwise !== null || script === null) return said;
  const [port] = senders.flatMap(({ row: { listens }, way }) =>
    way === 'webhook' && listens !== undefined && callsServerOf(listens, script) ? [listens.port] : [],
  );
  if (port === undefined) return said;
  return { readsPort: true, otherwise: port, serves: true };
}

/** A script may have a function of that name of its own, which says nothing of a port. */
function callsServerOf(
  { module, call }: NonNullable<RecognisedSender['row']['listens']>,
  { imports, text }: Script,
): boolean {
  const isCalled = new RegExp(`\\b${call}\\s{0,9}\\(`).test(text);
  const isOwn = new RegExp(`\\b(?:function|const|let|var)\\s{1,9}${call}\\b(?!\\s{0,9}[,}])`).test(text);
  return isCalled && !isOwn && imports.has(module);
}
