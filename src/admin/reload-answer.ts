import { isPlainObject } from '../util/plain-object.ts';

/** The result of a reload, as `gwproxy reload --json` prints it. */
export type ReloadResult =
  | {
      readonly ok: true;
      /** The changes that were applied, a line each. */
      readonly changes: readonly string[];
      /** Changes that wait for `gwproxy reload`, or for the next `gwproxy up` if the line says so. */
      readonly pending: readonly string[];
      /** Valid settings that are probably not intended. */
      readonly warnings: readonly string[];
    }
  /** The config is invalid; nothing was changed. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Parses a result that came over the control socket. Throws if it has another shape: another version wrote it. */
export function parseReload(value: unknown): ReloadResult {
  const fields = new Map(isPlainObject(value) ? Object.entries(value) : []);
  const lines = (name: string): readonly string[] => {
    const list: unknown = fields.get(name);
    if (!Array.isArray(list)) {
      throw new Error('the gwproxy that runs here is of another version; restart it with its own `gwproxy`');
    }
    return list.map(String);
  };
  return fields.get('ok') === true
    ? { ok: true, changes: lines('changes'), pending: lines('pending'), warnings: lines('warnings') }
    : { ok: false, problems: lines('problems') };
}
