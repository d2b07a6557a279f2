import { DoorError } from '../../errors.ts';
import type { RequestHead } from '../../routing/platform.ts';

/** A request's head that is known to have one meaning only. */
export class Head implements RequestHead {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** The query with its '?', as received; '' without a query, '?' with an empty one. */
  readonly search: string;
  readonly host: string;
  /** Names and values alternate, as received. */
  readonly raw: readonly string[];
  /** The names of `raw`, in lower case. */
  readonly names: readonly string[];
  /** Headers that Connection names, in lower case, without its own tokens; null for none. */
  readonly connectionNames: ReadonlySet<string> | null;
  /** Names that contain a '_', here with '-' in its place; null for none. */
  readonly underscored: ReadonlySet<string> | null;
  /** Length of the body in bytes; 0 for none. */
  readonly length: number | 'chunked';

  constructor(parts: Omit<Head, 'query' | 'header'>) {
    this.method = parts.method;
    this.path = parts.path;
    this.search = parts.search;
    this.query = parts.search.slice(1);
    this.host = parts.host;
    this.raw = parts.raw;
    this.names = parts.names;
    this.connectionNames = parts.connectionNames;
    this.underscored = parts.underscored;
    this.length = parts.length;
  }

  /**
   * A header's value; undefined if it is absent. Throws GWPROXY_REQUEST_INVALID if the gateway could see another value:
   * the header is repeated, removed by Connection, or also present with '_' for '-', which is the same to WSGI.
   */
  header(name: string): string | undefined {
    if (this.underscored?.has(name)) throw inDoubt("is written with '_' for '-'");
    const first = this.names.indexOf(name);
    if (first === -1) return undefined;
    if (this.names.indexOf(name, first + 1) !== -1) throw inDoubt('is repeated');
    if (this.connectionNames?.has(name)) throw inDoubt('is named by Connection');
    return this.raw[2 * first + 1];
  }
}

function inDoubt(how: string): DoorError {
  return new DoorError('GWPROXY_REQUEST_INVALID', `a header that decides the route ${how}`);
}
