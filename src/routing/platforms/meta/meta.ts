import type { BodyFields, EachFields, EachReads } from '../../body/reads.ts';
import { type Ambiguous, definePlatform, type Platform, type RequestHead } from '../../platform.ts';
import type { Attributes } from '../../route.ts';
import { byJsonShape } from '../read/body-shape.ts';
import { allIds, numericId, oneDelivery, presentFields } from '../read/ids.ts';
import { readQuery } from '../read/strict-query.ts';

/*
 * Meta: what WhatsApp, Messenger and Instagram have in common. A notification's bots are in /entry: each entry's /id, and
 * for WhatsApp the phone number in each change. A subscription's GET is claimed by its hub.verify_token.
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */

/** How the products differ. */
export interface Product {
  readonly name: 'whatsapp' | 'messenger' | 'instagram';
  /** The value of /object in its notifications. */
  readonly object: string;
  /** The route field for an entry's id. */
  readonly account: string;
  /** A more specific route field, and where an entry has its values. */
  readonly within?: { readonly field: string; readonly array: '/changes'; readonly pointer: string };
}

/**
 * "Event notifications are aggregated and sent in a batch with a maximum of 1000 updates" (graph-api/webhooks/
 * getting-started#event-notifications). Whatever an update is counted by, it is at most an entry, with a change in it,
 * with a message and a status in that.
 */
const MOST_ELEMENTS = 4 * 1000;

const NONE = { status: 200, contentType: null, body: '' } as const;
const FORBIDDEN = { status: 403, contentType: null, body: '' } as const;

const HUB: ReadonlySet<string> = new Set(['hub.mode', 'hub.verify_token', 'hub.topic']);

/**
 * The GET by which Meta tests a URL; the gateway answers it. It does not name the product: all three recognise it,
 * and the route with its verify_token decides. A GET with a topic is a WebSub hub's (W3C WebSub §5.3), not Meta's.
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
  return oneDelivery(name, { verify_token: query.get('hub.verify_token') });
}

/**
 * One delivery for each bot in the batch. Ids are strings; the test events of Meta's dashboard have numbers too. An entry
 * that names no bot is a delivery that no route claims: the gateway that gets the batch would see it.
 */
function entries(product: Product, body: BodyFields): readonly Attributes[] {
  const found = new Map<string, Set<string>>();
  for (const entry of body.each('/entry')) {
    const account = numericId(entry, '/id') ?? '';
    const known = found.get(account) ?? new Set();
    found.set(account, known);
    for (const value of valuesWithin(product, entry)) known.add(value);
  }
  return [...found].flatMap(([account, values]) =>
    [...values].map((value) => ({
      platform: product.name,
      fields: presentFields({
        ...(product.within && { [product.within.field]: value }),
        [product.account]: account,
      }),
    })),
  );
}

/** '' stands for none: some updates are about the account and not about a phone number. */
function valuesWithin({ within }: Product, entry: EachFields): readonly string[] {
  if (within === undefined) return [''];
  const values = entry.each(within.array).map((element) => numericId(element, within.pointer) ?? '');
  return values.length === 0 ? [''] : values;
}

/**
 * Where a notification has its ids: in the Messenger Platform's messages, and in the Cloud API's messages and
 * statuses.
 */
const IDS = {
  '/messaging': { json: ['/message/mid'] },
  '/changes': {
    json: [],
    each: { '/value/messages': { json: ['/id'] }, '/value/statuses': { json: ['/id'] } },
  },
} as const;

/** The ids of all updates; undefined if an update has no id, or an entry has no update. */
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
    return joinAll([...messages, ...changes]);
  });
  return joinAll(ids);
}

function joinAll(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const known = lists.filter((list) => list !== undefined);
  return known.length === 0 || known.length < lists.length ? undefined : known.flat();
}

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
  return definePlatform({
    name,
    configKey: name,
    family: 'meta',
    fields: [...(within === undefined ? [] : [within.field]), account, 'verify_token'],
    // Updates of an account or its templates name no phone number.
    optionalFields: within === undefined ? [] : [within.field],
    headFields: ['verify_token'],
    secretFields: ['verify_token'],
    headers: ['x-hub-signature', 'x-hub-signature-256'],
    reads: { json: ['/object', '/entry'], each: { '/entry': entry }, most: MOST_ELEMENTS },
    // X-Hub-Signature-256 proves nothing: GitHub sends it too.
    recognises: (head, body) => isSubscription(head) || byJsonShape(head, body, isNotification),
    deliveries: (head, body) => {
      if (isSubscription(head)) return subscriber(product, head);
      return body === null ? [] : entries(product, body);
    },
    // An app has one URL for all its pages and numbers, and Meta unsubscribes an app whose URL keeps failing; so a
    // notification that no profile claims is acknowledged. A subscription with a wrong token gets 403, as in Meta's
    // own samples.
    unmatched: (head) => (head.method === 'GET' ? FORBIDDEN : NONE),
    // developers.facebook.com/docs/messenger-platform/faq; not documented for the other products.
    deadline: () => 20_000,
    // A subscription is answered with its challenge; a notification only needs a status.
    synchronous: (head) => head.method === 'GET',
    // A message's status is sent once for each value (sent, delivered, read), each in a body of its own.
    dedupKey: (_head, body) => (body === null ? undefined : messageIds(body)),
  });
}
