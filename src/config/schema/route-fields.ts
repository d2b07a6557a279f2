import { z } from 'zod';
import { pointerSteps } from '../../routing/body/json-reads.ts';
import { HEADER_FIELD, JSON_FIELD } from '../../routing/custom.ts';
import { hostName } from '../../routing/host.ts';
import { looseText, strict, text } from './fields.ts';

// The fields of a route that belong to no sender.

const HOST = /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5 without obs-text. Blanks are allowed only inside, since a received value has none around it. */
const HEADER_VALUE = /^[!-~](?:[ -~]*[!-~])?$/;

/** Headers of the connection or of the message framing, which the door does not pass on. */
const NO_KEY: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** One value, or a list of which any one matches. Numbers and booleans are read as written. */
export function textOrTexts() {
  const what = 'text or a list of texts';
  return z
    .union([looseText(what), z.array(looseText(what), { error: what }).min(1, { error: what })], {
      error: what,
    })
    .transform((written) => (typeof written === 'string' ? [written] : written));
}

/** A host name without a port, read in lower case. */
export function host() {
  const what = 'a host name without a port, such as bots.example.com';
  return z
    .string({ error: what })
    .regex(HOST, { error: what })
    .meta({ pattern: HOST.source })
    .transform((written) => hostName(written));
}

/** `{name, value}`, or a list of these that must all match; read as the fields of a custom route. */
export function headers() {
  const one = strict(
    {
      name: headerName().describe('The name of the header; case does not count.'),
      value: textOrTexts().describe('The whole value, or a list of values; case counts.'),
    },
    'a map of name and value',
  ).transform(({ name, value }, context) => {
    // A custom issue, since its message does not show the value, which may be a secret.
    if (value.every((each) => HEADER_VALUE.test(each))) return { field: HEADER_FIELD + name, values: value };
    context.addIssue({ code: 'custom', path: ['value'], message: 'must be visible ASCII' });
    return z.NEVER;
  });
  return oneOrMore(one, 'a map of name and value, or a list of such maps');
}

/** `{pointer, value}`, or a list of these that must all match; read as the fields of a custom route. */
export function jsonValues() {
  const one = strict(
    {
      pointer: pointer().describe('Where the value is in the body, as a JSON pointer.'),
      value: textOrTexts().describe('The text, number, true or false that is there, or a list of them.'),
    },
    'a map of pointer and value',
  ).transform((written) => ({ field: JSON_FIELD + written.pointer, values: written.value }));
  return oneOrMore(one, 'a map of pointer and value, or a list of such maps');
}

function headerName() {
  const what = "a header's name, such as X-Tenant";
  return z
    .string({ error: what })
    .regex(TOKEN, { error: what })
    .transform((written, context) => {
      const name = written.toLowerCase();
      if (name !== 'host' && !NO_KEY.has(name)) return name;
      const message =
        name === 'host' ? 'cannot be Host; write host: …' : 'cannot be a header of the connection';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}

/** A JSON pointer (RFC 6901), except the empty one. */
function pointer() {
  const what = 'a JSON pointer such as /account/id';
  return text(what).refine((written) => pointerSteps(written) !== undefined, {
    error: `must be ${what} (RFC 6901)`,
  });
}

interface Field {
  readonly field: string;
  readonly values: readonly string[];
}

function oneOrMore<T extends z.ZodType<Field>>(one: T, what: string) {
  return z
    .union([one, z.array(one, { error: what }).min(1, { error: what })], { error: what })
    .transform((written, context): Readonly<Record<string, readonly string[]>> => {
      const fields: readonly Field[] = Array.isArray(written) ? written : [written];
      const names = fields.map(({ field }) => field);
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice === undefined) return Object.fromEntries(fields.map(({ field, values }) => [field, values]));
      const name = twice.slice(twice.indexOf(':') + 1);
      context.addIssue({ code: 'custom', message: `names ${name} twice; write a list of values` });
      return z.NEVER;
    });
}
