import type { AppFacts } from '../facts/app-facts.ts';
import { CONNECTION_ROWS } from './connection-rows.ts';
import type { SenderRow, Signs } from './sender-row.ts';
import { WEBHOOK_ROWS } from './webhook-rows.ts';

/** A sender whose bot the app is. */
export interface RecognisedSender {
  readonly row: SenderRow;
  /**
   * webhook: the sender calls it by HTTP. connection: it opens a connection itself. unsure: it may be either, or only
   * send.
   */
  readonly way: 'webhook' | 'connection' | 'unsure';
  /** True if only a list of packages names it, with others: then it is unsure. */
  readonly isShared: boolean;
  /** The packages and variables that say so. */
  readonly because: readonly string[];
}

const ROWS: readonly SenderRow[] = [...WEBHOOK_ROWS, ...CONNECTION_ROWS];

/**
 * The senders of an app. An import of its script and a variable of its own name one each. A package.json, which several
 * bots may share, counts only where neither of these names any. Pure.
 */
export function recognise(facts: AppFacts): readonly RecognisedSender[] {
  const certain = ROWS.filter((row) => importsOf(row, facts).length + signsOf(row, facts).length > 0);
  const rows =
    certain.length > 0
      ? certain
      : isSilent(facts)
        ? []
        : ROWS.filter((row) => packagesOf(row, facts).length > 0);
  const isOne = certain.length > 0 || rows.length === 1;
  return rows.flatMap((row) => {
    const way = isOne ? wayOf(row, facts) : 'unsure';
    const because = [
      ...new Set([...importsOf(row, facts), ...packagesOf(row, facts), ...signsOf(row, facts)]),
    ];
    return way === null ? [] : [{ row, way, isShared: !isOne, because }];
  });
}

/** Whether the app's script was read whole: then what it does not import is not its own. */
function isSilent({ script }: AppFacts): boolean {
  return script?.isWhole === true;
}

/** Null if the app only sends. */
function wayOf(row: SenderRow, facts: AppFacts): RecognisedSender['way'] | null {
  const { script } = facts;
  const text = script?.text ?? '';
  const called = inScript(row.webhook, facts);
  const connects = inScript(row.connection, facts);
  if (row.atRunTime?.test(text) === true || (called && connects)) return 'unsure';
  if (called || connects) return called ? 'webhook' : 'connection';

  const isImported = importsOf(row, facts).length > 0;
  const isSaid = isImported && (script?.isWhole === true || row.decides?.test(text) === true);
  if (isSaid && row.usually !== null) return row.usually;

  const [hooks, connections] = [row.webhook, row.connection].map(
    (signs) => variablesOf(signs, facts).length > 0,
  );
  if (hooks !== connections) return hooks === true ? 'webhook' : 'connection';
  if (hooks === true) return 'unsure';
  if (row.usually !== null && (isEmpty(row.webhook) || isEmpty(row.connection))) return row.usually;
  return isSaid ? null : 'unsure';
}

function inScript({ imports = [], text }: Signs, { script }: AppFacts): boolean {
  if (script === null) return false;
  return imports.some((name) => script.imports.has(name)) || text?.test(script.text) === true;
}

function isEmpty(signs: Signs): boolean {
  return Object.keys(signs).length === 0;
}

function importsOf({ packages, connection }: SenderRow, { script }: AppFacts): readonly string[] {
  return [...packages, ...(connection.imports ?? [])].filter((name) => script?.imports.has(name));
}

function packagesOf({ packages }: SenderRow, facts: AppFacts): readonly string[] {
  return packages.filter((name) => facts.packages.has(name));
}

/** The variables of an app that only a bot of this sender has. */
function signsOf(row: SenderRow, facts: AppFacts): readonly string[] {
  return [...variablesOf(row.webhook, facts), ...variablesOf(row.connection, facts)];
}

function variablesOf({ variables }: Signs, facts: AppFacts): readonly string[] {
  if (variables === undefined) return [];
  return [...facts.variables].flatMap(([name, { place, value }]) =>
    place !== 'shell' && value !== '' && variables.test(comparable(name)) ? [name] : [],
  );
}

/** `MicrosoftAppId` and `MICROSOFT_APP_ID` alike. */
export function comparable(name: string): string {
  return name.replaceAll('_', '').toUpperCase();
}
