import { bodyFormat } from './body/content-type.ts';
import type { BodyFields } from './body/reads.ts';
import { definePlatform, type Platform, type RequestHead } from './platform.ts';
import type { RouteKey } from './route.ts';

/** Prefixes of the field names of custom routes: `header:<name in lower case>` and `json:<pointer>`. */
export const HEADER_FIELD = 'header:';
export const JSON_FIELD = 'json:';

/** ms. The sender is unknown; of the known ones that only notify, the most patient wait 10 s (GitHub). */
const DEADLINE = 10_000;

/**
 * Any other sender, recognised by the headers and JSON values that the routes of one scope name. Some of these are
 * secrets (`X-Gitlab-Token`), and only the operator knows which; so all are treated as secrets.
 */
export function customPlatform(routes: readonly { readonly key: RouteKey }[]): Platform {
  const fields = [...new Set(routes.flatMap(({ key }) => Object.keys(key.fields)))].sort();
  const headers = fields.filter((field) => field.startsWith(HEADER_FIELD));
  const pointers = fields
    .filter((field) => field.startsWith(JSON_FIELD))
    .map((field) => field.slice(JSON_FIELD.length));
  return definePlatform({
    name: 'custom',
    configKey: null,
    // Sorted: header fields come first, each kind by name.
    fields,
    headFields: headers,
    secretFields: fields,
    reads: { json: pointers },
    recognises: (head, body) => {
      if (headers.some((field) => headerAt(head, field) !== undefined)) return true;
      if (pointers.length === 0) return false;
      return body === undefined
        ? mayHoldJson(head)
        : pointers.some((pointer) => body.kind(pointer) !== undefined);
    },
    deliveries: (head, body) => {
      const values = [
        ...headers.map((field) => [field, headerAt(head, field)] as const),
        ...pointers.map((pointer) => [JSON_FIELD + pointer, literalAt(body, pointer)] as const),
      ].filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
      return values.length === 0 ? [] : [{ platform: 'custom', fields: Object.fromEntries(values) }];
    },
    deadline: () => DEADLINE,
    synchronous: () => true,
  });
}

function headerAt(head: RequestHead, field: string): string | undefined {
  return head.header(field.slice(HEADER_FIELD.length));
}

/** A string; or a number, true or false as it is written in the body. */
function literalAt(body: BodyFields | null, pointer: string): string | undefined {
  const kind = body?.kind(pointer);
  if (kind === 'true' || kind === 'false') return kind;
  return kind === 'number' ? body?.number(pointer) : body?.text(pointer);
}

/** Whether the body may be JSON: a GET without a Content-Type has no body. */
function mayHoldJson(head: RequestHead): 'needs body' | false {
  const format = bodyFormat(head);
  const bodyless = head.method === 'GET' || head.method === 'HEAD';
  return format === 'json' || (format === 'unknown' && !bodyless) ? 'needs body' : false;
}
