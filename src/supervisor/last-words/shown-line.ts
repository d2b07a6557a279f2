import { isPlainObject } from '../../util/plain-object.ts';
import { visible } from '../../util/visible.ts';
import { mayHoldSecret } from './may-hold-secret.ts';
import { REMEMBERED_LENGTH } from './stream-tail.ts';

/** Characters shown of a line. */
const SHOWN_LENGTH = 500;

/** Stands for a line that may hold a secret. */
export const HIDDEN = '(the line that says why may hold a secret, so it is only in its log)';

/**
 * A line of output for the operator: one line of at most 500 characters in which nothing acts on a terminal. Of a
 * logger's JSON it is the message. A line that may hold a secret is replaced by a note; `secrets` are those that
 * the process knows. Pure.
 */
export function shownLine(text: string, secrets: readonly string[]): string {
  const message = messageOf(text) ?? text;
  if (mayHoldSecret(text, secrets) || mayHoldSecret(message, secrets)) return HIDDEN;
  // Far from where the line was cut: a secret that was cut is not recognised.
  const start = withoutPeriod(message.trim().slice(0, REMEMBERED_LENGTH / 2));
  const shown = [...visible(start.replaceAll(/\s+/g, ' '))];
  if (shown.length <= SHOWN_LENGTH) return shown.join('');
  const cut = shown.slice(0, SHOWN_LENGTH - 1).join('');
  return `${cut.trimEnd()}…`;
}

/** What stands behind a colon, and before a semicolon, is no sentence of its own. */
function withoutPeriod(text: string): string {
  return text.endsWith('.') && !text.endsWith('..') ? text.slice(0, -1) : text;
}

/** The message of a line that is JSON, with that of its error; null if it is none or has none. */
function messageOf(text: string): string | null {
  const record = objectOf(text);
  if (record === null) return null;
  const message = textOf(record, ['msg', 'message', 'event']);
  const error = errorOf(record.err ?? record.error ?? record.exception);
  if (message === null || error === null) return message ?? error;
  return message.includes(error) ? message : `${message}: ${error}`;
}

function errorOf(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value;
  return isPlainObject(value) ? textOf(value, ['message', 'msg', 'reason', 'code']) : null;
}

function textOf(record: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  const found = names.map((name) => record[name]).find((value) => typeof value === 'string' && value !== '');
  return typeof found === 'string' ? found : null;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  if (!text.startsWith('{')) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    return isPlainObject(parsed) ? parsed : null;
  } catch {
    // It is shown as it is.
    return null;
  }
}
