import type { BodyFields, EachFields, EachReads } from '../../body/reads.ts';
import type { Ambiguous, Platform, RequestHead } from '../../platform.ts';
import type { Attributes } from '../../route.ts';
import { byJsonShape } from '../read/body-shape.ts';
import { allIds, present } from '../read/read.ts';
import { readQuery } from '../read/strict-query.ts';

// https://developers.facebook.com/docs/graph-api/webhooks/getting-started

/** What tells Meta's products apart; the rest is common to them. */
export interface Product {
  readonly name: 'whatsapp' | 'messenger' | 'instagram';
  /** What `object` says in its notifications. */
  readonly object: string;
  /** The route field that an entry's id is. */
  readonly account: string;
  /** The route field that stands above it, and where each entry has its values, if anywhere. */
  readonly within?: { readonly field: string; readonly array: '/changes'; readonly pointer: string };
}

const NONE = { status: 200, contentType: null, body: '' } as const;
const FORBIDDEN = { status: 403, contentType: null, body: '' } as const;

const HUB: ReadonlySet<string> = new Set(['hub.mode', 'hub.verify_token', 'hub.topic']);

/**
 * The GET that tries a URL when it is entered. It says nothing of the product: all three recognise it, and the
 * route that has its verify_token decides. The gateway answers it. A WebSub hub's (W3C WebSub §5.3) has a topic.
 */
function isSubscription(head: RequestHead): boolean {
  if (head.method !== 'GET' || !head.query.includes('hub')) return false;
  const query = readQuery(head, HUB);
  if ('ambiguous' in query) return /(?:^|&)hub\.verify_token=/.test(head.query);
  return query.get('hub.mode') === 'subscribe' && query.has('hub.verify_token') && !query.has('hub.topic');
}

function subscriber({ name }: Product, head: RequestHead): readonly Attributes[] | Ambiguous {
  const query = readQuery(head, HUB);
  if ('ambiguous' in query) return query;
  const fields = present({ verify_token: query.get('hub.verify_token') });
  return Object.keys(fields).length === 0 ? [] : [{ platform: name, fields }];
}

/**
 * One a bot, however many of a batch's updates are for it. An entry that names nobody is a delivery all the
 * same, which no route claims: whoever gets the batch would see it.
 */
function entries(product: Product, body: BodyFields): readonly Attributes[] {
  const found = new Map<string, Set<string>>();
  for (const entry of body.each('/entry')) {
    const account = entry.text('/id') ?? '';
    const known = found.get(account) ?? new Set();
    found.set(account, known);
    for (const value of valuesWithin(product, entry)) known.add(value);
  }
  return [...found].flatMap(([account, values]) =>
    [...values].map((value) => ({
      platform: product.name,
      fields: present({
        ...(product.within && { [product.within.field]: value }),
        [product.account]: account,
      }),
    })),
  );
}

/** '' stands for none: some of an account's updates are about no phone number. */
function valuesWithin({ within }: Product, entry: EachFields): readonly string[] {
  if (within === undefined) return [''];
  const values = entry.each(within.array).map((element) => element.text(within.pointer) ?? '');
  return values.length === 0 ? [''] : values;
}

/** What has ids of its own: the Messenger Platform's messages, and the Cloud API's messages and what became of them. */
const IDS = {
  '/messaging': { json: ['/message/mid'] },
  '/changes': {
    json: [],
    each: { '/value/messages': { json: ['/id'] }, '/value/statuses': { json: ['/id'] } },
  },
} as const;

/** Undefined where an entry has something without an id, or nothing that has one. */
function messageIds(body: BodyFields): readonly string[] | undefined {
  const ids = body.each('/entry').map((entry) => {
    const changes = entry
      .each('/changes')
      .map((change) =>
        allIds(
          [...change.each('/value/messages'), ...change.each('/value/statuses')].map((one) =>
            one.text('/id'),
          ),
        ),
      );
    const messages = entry.each('/messaging').map((one) => allIds([one.text('/message/mid')]));
    return together([...messages, ...changes]);
  });
  return together(ids);
}

function together(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const known = lists.filter((list) => list !== undefined);
  return known.length === 0 || known.length < lists.length ? undefined : known.flat();
}

/** A platform of Meta's: a subscription's GET by its verify_token, notifications by what each entry is for. */
export function metaPlatform(product: Product): Platform {
  const { name, object, account, within } = product;
  const entry: EachReads = {
    json: ['/id'],
    each: {
      ...IDS,
      ...(within && {
        [within.array]: { ...IDS[within.array], json: [...IDS[within.array].json, within.pointer] },
      }),
    },
  };
  const isNotification = (body: BodyFields) =>
    body.text('/object') === object && body.kind('/entry') === 'array';
  return {
    name,
    configKey: name,
    family: 'meta',
    fields: [...(within === undefined ? [] : [within.field]), account, 'verify_token'],
    headFields: ['verify_token'],
    secretFields: ['verify_token'],
    reads: { json: ['/object', '/entry'], form: [], formJson: {}, each: { '/entry': entry } },
    normalise: (_field, value) => value,
    // X-Hub-Signature-256 proves nothing: GitHub sends it too.
    recognises: (head, body) => isSubscription(head) || byJsonShape(head, body, isNotification),
    deliveries: (head, body) => {
      if (isSubscription(head)) return subscriber(product, head);
      return body === null ? [] : entries(product, body);
    },
    handshake: () => undefined,
    // An app has one URL for all its pages and numbers, and Meta unsubscribes an app whose URL fails for long:
    // what nobody claims must not cost the others theirs. A subscription with a wrong token hears 403, as in
    // Meta's own samples.
    unmatched: (head) => (head.method === 'GET' ? FORBIDDEN : NONE),
    // developers.facebook.com/docs/messenger-platform/faq; the others' pages name no time.
    deadline: () => 20_000,
    // The challenge is in the answer; a notification is only taken.
    synchronous: (head) => head.method === 'GET',
    // A status is told once for each of its values: one body is one of them.
    dedupKey: (_head, body) => (body === null ? undefined : messageIds(body)),
  };
}
