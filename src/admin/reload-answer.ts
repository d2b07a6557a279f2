/** What came of reading the config again, as `gwproxy reload --json` prints it. */
export type ReloadResult =
  | {
      readonly ok: true;
      /** What is applied now, a line for each change. */
      readonly changes: readonly string[];
      /** What waits: for `gwproxy reload`, or where a line says so for a new `gwproxy up`. */
      readonly pending: readonly string[];
      /** Allowed, and hardly meant. */
      readonly warnings: readonly string[];
    }
  /** Nothing was changed. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** The same, as it came over the control socket. Throws where its shape is another. */
export function parseReload(value: unknown): ReloadResult {
  const fields = new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );
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
