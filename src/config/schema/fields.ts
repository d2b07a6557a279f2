import { z } from 'zod';
import { addedPrefixFault, barePrefix, HEALTH_PATH, PREFIX, prefixFault } from './paths.ts';
import { DURATION, LARGEST_SIZE, LARGEST_STORE, parseDuration, parseSize, SIZE } from './units.ts';

// The leaves of the schema. The `error` of each follows 'must be' in a message; a custom issue is a whole predicate, such
// as 'must not be zero'.

/** A map of known keys only. The error of an unknown key lists the known ones, separated by blanks, for shape.ts. */
export function strict<T extends z.core.$ZodLooseShape>(shape: T, what = 'a map') {
  const keys = Object.keys(shape).join(' ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? keys : what),
  });
}

/** Text that is not empty. */
export function text(what: string) {
  return z.string({ error: what }).min(1, { error: what });
}

/** A program and its arguments: a list, or one text that is split as a shell would. */
export function command() {
  const what = 'a list of arguments, or one text';
  const part = z.string({ error: 'text' }).meta({ type: ['string', 'number', 'boolean'] });
  return z.union([text(what), z.array(part, { error: what }).min(1, { error: what })], { error: what });
}

/** Text that may be written as a number or boolean without quotes; it is read as written. */
export function looseText(what: string) {
  return text(what).meta({ type: ['string', 'number', 'boolean'] });
}

/** The keys of a map. The error follows 'the name'. */
export function named(pattern: RegExp, what: string) {
  return z.string().regex(pattern, { error: what });
}

export function choice<const T extends readonly [string, ...string[]]>(names: T) {
  return z.enum(names);
}

export function flag() {
  return z.boolean({ error: 'true or false' });
}

/**
 * Where a secret is, in place of the secret: `{ file: … }` or `{ credential: … }`. The loader puts the secret in its place
 * before it checks a profile. Only `defaults` is checked as written, and its value is used for nothing.
 */
export function secretReference(what: string) {
  return strict(
    {
      file: looseText('a file')
        .optional()
        .describe(
          'A file that holds the value, relative to the file that holds the profile. One line break at its end is left out.',
        ),
      credential: looseText("a credential's name")
        .optional()
        .describe(
          'In place of file: the name of a credential that systemd passes to gwproxy (LoadCredential= in its unit).',
        ),
    },
    what,
  ).transform(({ file, credential }, context) => {
    if ((file === undefined) !== (credential === undefined) || context.issues.length > 0) return '';
    context.addIssue({ code: 'custom', message: 'must name either a file or a credential' });
    return z.NEVER;
  });
}

export function count(least: number, most: number) {
  const what = `a whole number from ${least} to ${most}`;
  return z.int({ error: what }).min(least, { error: what }).max(most, { error: what });
}

/** A duration, read as ms; `least` is 0 if the wait can be left out. */
export function duration(least: 0 | 1 = 1) {
  const what = 'a duration such as 500ms, 10s or 5m';
  return z
    .string({ error: what })
    .regex(DURATION, { error: what })
    .transform((written, context) => {
      const ms = parseDuration(written);
      if (ms !== undefined && ms >= least) return ms;
      const message = ms === undefined ? 'must not be longer than 596h' : 'must not be zero';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}

/** A size, read as bytes; at least 1, at most LARGEST_SIZE for a buffer or LARGEST_STORE. */
export function size(of: 'buffer' | 'store' = 'buffer') {
  const most = of === 'buffer' ? LARGEST_SIZE : LARGEST_STORE;
  const what = 'a size such as 64KiB or 1MiB';
  return z
    .string({ error: what })
    .regex(SIZE, { error: what })
    .transform((written, context) => {
      const bytes = parseSize(written, most);
      if (bytes !== undefined && bytes > 0) return bytes;
      context.addIssue({
        code: 'custom',
        message:
          bytes === undefined
            ? `must not be more than ${of === 'buffer' ? '3GiB' : '1024GiB'}`
            : 'must not be zero',
      });
      return z.NEVER;
    });
}

/** A path prefix, read without its trailing slash; '' is every path. */
export function pathPrefix() {
  return prefix('/api/messages', prefixFault);
}

/** A prefix that gateways get before the path, read without its trailing slash; '' is none. */
export function addedPrefix() {
  return prefix('/p/standup-bot', addedPrefixFault);
}

function prefix(example: string, faultOf: (path: string) => string | null) {
  return z
    .string({ error: `a path such as ${example}` })
    .meta({ pattern: PREFIX.source })
    .transform((path, context) => {
      const fault = faultOf(path);
      if (fault === null) return barePrefix(path);
      context.addIssue({ code: 'custom', message: fault });
      return z.NEVER;
    });
}

export function healthPath() {
  return z
    .string({ error: 'a path such as /health' })
    .regex(HEALTH_PATH, { error: 'a path such as /health, in visible ASCII' });
}

/** 'auto' or a port, which is a number or, after interpolation, text. */
export function port() {
  const what = "'auto' or a port from 1 to 65535";
  const digits = z
    .string({ error: what })
    .regex(/^\d{1,5}$/, { error: what })
    .transform(Number)
    .pipe(portNumber(what));
  return z.union([z.literal('auto', { error: what }), portNumber(what), digits], { error: what });
}

function portNumber(what: string) {
  return z.int({ error: what }).min(1, { error: what }).max(65_535, { error: what });
}

const LISTEN = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/;

/** `host:port`; port 0 lets the system choose. */
export function listen() {
  const what = 'host:port, such as 127.0.0.1:3978';
  return z
    .string({ error: what })
    .regex(LISTEN, { error: what })
    .transform((written, context) => {
      const [, v6, name, digits] = LISTEN.exec(written) ?? [];
      const host = v6 ?? name;
      const number = Number(digits);
      if (host !== undefined && number <= 65_535) return { host, port: number };
      context.addIssue({ code: 'custom', message: 'must have a port from 0 to 65535' });
      return z.NEVER;
    });
}
