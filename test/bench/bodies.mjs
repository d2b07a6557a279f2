// The longest time for which any body or head holds the event loop: every parser that sees a request before its
// signature is checked, on the worst bodies known and on those that a search finds. Fails above LONGEST ms for one slice
// of work. What is measured is the fastest of some runs, so that a busy machine does not fail it.
import { createHmac } from 'node:crypto';
import { createSeal } from '../../dist/door/match/seal-key.js';
import { FormPairsReader } from '../../dist/routing/body/form-pairs.js';
import { beginInspection, compileBodyReads, inspect } from '../../dist/routing/body/inspect.js';
import { matchBody, matchHead } from '../../dist/routing/match.js';
import { platforms } from '../../dist/routing/platforms/index.js';
import { compileRoutes } from '../../dist/routing/table/table.js';
import { updateInSlices } from '../../dist/util/hashing.js';
import { LoopShare, SLICE } from '../../dist/util/loop-share.js';

const LONGEST = 10;
const MIB = 1024 * 1024;
const SIZES = [4 * MIB, 25 * MIB];
const RUNS = 6;
/** Patterns that the search tries for each parser, and bytes of the bodies it makes of them. */
const SEARCHED = Number(process.argv[2] ?? 200);
const SEARCH_SIZE = 2 * SLICE;

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const XML_TYPE = 'text/xml';
const reads = compileBodyReads(platforms);

let failed = false;

function report(name, size, ms, slices = 1) {
  const slow = ms > LONGEST;
  failed ||= slow;
  const length = size >= MIB ? `${Math.round(size / MIB)} MiB` : `${Math.ceil(size / 1024)} KiB`;
  console.log(
    `${name.padEnd(52)}${length.padStart(8)}${ms.toFixed(2).padStart(10)}${String(slices).padStart(9)}${slow ? '   TOO LONG' : ''}`,
  );
}

/**
 * The longest slice of a reader in ms, and the number of slices. Each slice does the same work in every run, so that the
 * fastest of its runs is what it costs, whatever else the machine does meanwhile.
 */
function longestSlice(begin, runs = RUNS) {
  const least = [];
  for (let run = 0; run < runs; run++) {
    let from = performance.now();
    const reader = begin();
    let read = 'outcome' in reader ? reader : null;
    let slice = 0;
    for (;;) {
      if (read === null) read = reader.read(SLICE);
      const now = performance.now();
      least[slice] = Math.min(least[slice] ?? Number.POSITIVE_INFINITY, now - from);
      from = now;
      slice++;
      if (read !== null) break;
    }
  }
  return { ms: Math.max(...least), count: least.length };
}

/** Milliseconds of processor time since then. */
function cpuMs(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const inspecting = (contentType) => (body) => () =>
  beginInspection({ contentType, contentEncoding: undefined }, body, reads);

/** A body of about that size: the beginning, the middle as often as fits, the end. */
function filled(size, [start, middle, end]) {
  const times = Math.floor((size - start.length - end.length) / Buffer.byteLength(middle));
  return Buffer.concat([
    Buffer.from(start),
    Buffer.alloc(times * Buffer.byteLength(middle), middle),
    Buffer.from(end),
  ]);
}

const JSON_BODIES = {
  numbers: ['[', '0,', '0]'],
  'long numbers': ['[', `${'1'.repeat(4000)}.${'1'.repeat(4000)}e${'1'.repeat(4000)},`, '0]'],
  'an endless number': ['', '1', ''],
  words: ['[', 'null,false,true,', '0]'],
  'empty objects': ['[', '{},', '0]'],
  'nested arrays': ['[', `${'['.repeat(60)}${']'.repeat(60)},`, '0]'],
  'short texts': ['[', '"",', '0]'],
  'unknown keys': ['{', '"":0,', '"":0}'],
  'keys of the right length': ['{', '"typo":0,', '"typo":0}'],
  'escaped keys': ['{', '"\\u0061":0,', '"a":0}'],
  'escaped keys of the right length': ['{', '"\\u0074ypo":0,', '"a":0}'],
  'one escaped key': ['{"', '\\u0061', '":0}'],
  'one key of escapes, longer than any': ['{"', '\\n', '":0}'],
  'one text': ['["', 'a', '"]'],
  'one text of escapes': ['["', '\\n', '"]'],
  'one text, quotes escaped': ['["', '\\"', '"]'],
  'one text of \\u': ['["', '\\u00e9', '"]'],
  'a wanted text of escapes': ['{"type":"', '\\n', '"}'],
  'a wanted text of two-byte characters': ['{"type":"', 'é', '"}'],
  'a text without an end': ['["', 'a', ''],
  'white space': ['', ' ', '[]'],
  'white space between': ['[', '0 \n\t , ', '0]'],
  entries: ['{"entry":[', '{},', '{}]}'],
  'entries with long ids': ['{"entry":[', `{"id":"${'é'.repeat(500)}"},`, '{}]}'],
};

const FORM_BODIES = {
  separators: ['', '&', ''],
  'many fields': ['', 'a=&', ''],
  '1000 long names': ['', `${'%41'.repeat(340)}=&`, ''],
  'one value': ['x=', '%41', ''],
  'a wanted value': ['token=', '%41', ''],
  'a document of escapes': ['payload=%22', '%5Cn', '%22'],
  'a document of two-byte characters': ['payload=%22', '%C3%A9', '%22'],
  'a document of numbers': ['payload=%5B', '0%2C', '0%5D'],
  'a document, nothing encoded': ['payload=[', '[],', '0]'],
  plus: ['payload=', '+', '0'],
};

const XML_BODIES = {
  'white space': ['<xml>', ' ', '</xml>'],
  elements: ['<xml>', '<a></a>', '</xml>'],
  'an element of text': ['<xml><a>', 'é', '</a></xml>'],
  'half a tag': ['<xml>', '<', '</xml>'],
};

function parsers() {
  console.log(`The longest slice of work on a body in ms (at most ${LONGEST}); node ${process.version}\n`);
  console.log(`${'body'.padEnd(52)}${'size'.padStart(8)}${'ms'.padStart(10)}${'slices'.padStart(9)}`);
  for (const [kind, type, bodies] of [
    ['JSON', JSON_TYPE, JSON_BODIES],
    ['form', FORM_TYPE, FORM_BODIES],
    ['XML', XML_TYPE, XML_BODIES],
  ]) {
    for (const [name, parts] of Object.entries(bodies)) {
      for (const size of SIZES) {
        const { ms, count } = longestSlice(inspecting(type)(filled(size, parts)));
        report(`${kind}: ${name}`, size, ms, count);
      }
    }
  }
  for (const [name, parts] of Object.entries(FORM_BODIES)) {
    const body = filled(MIB, parts);
    const { ms, count } = longestSlice(() => {
      const reader = new FormPairsReader(body);
      return { read: (most) => reader.read(most) };
    });
    report(`signed form: ${name}`, MIB, ms, count);
  }
}

/** Alphabets of the search: pieces of which bodies are made. */
const PIECES = {
  [JSON_TYPE]: [
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '"',
    '0',
    '-1.5e3',
    'null',
    ' ',
    '\\',
    '\\u0041',
    '\\ud83d\\ude00',
    'a',
    'é',
    '"type"',
    '"entry":[{',
    '"id":"x"',
    '"a":',
    '""',
    '[]',
    '{}',
    '"\\n"',
    '"x":0',
    '\n',
  ],
  [FORM_TYPE]: ['&', '=', '%41', '+', 'a', 'payload=', '%22', '%5B', '%7B', 'é', 'token', '[', '%C3%A9', '%'],
  [XML_TYPE]: ['<xml>', '</xml>', '<a>', '</a>', '<![CDATA[', ']]>', ' ', 'x', 'é', '<', '&', '<b></b>'],
};

/** Seeded (Numerical Recipes' generator), so that a run can be repeated. */
function dice(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

/** Looks for the pattern whose repetition costs most a byte, by changing the worst one found so far. */
function search() {
  console.log(`\nThe worst of ${SEARCHED} patterns that a search finds for each parser\n`);
  for (const type of [JSON_TYPE, FORM_TYPE, XML_TYPE]) {
    const next = dice(20);
    const pieces = PIECES[type];
    let worst = { ms: 0, parts: ['', '', ''] };
    for (let tried = 0; tried < SEARCHED; tried++) {
      const parts = worst.parts.map((part) => change(part, pieces, next));
      if (parts[1] === '') continue;
      const { ms } = longestSlice(inspecting(type)(filled(SEARCH_SIZE, parts)));
      if (ms > worst.ms) worst = { ms, parts };
    }
    for (const size of SIZES) {
      const { ms, count } = longestSlice(inspecting(type)(filled(size, worst.parts)));
      report(`${type}: ${JSON.stringify(worst.parts).slice(0, 30)}`, size, ms, count);
    }
  }
}

function change(part, pieces, next) {
  const piece = pieces[next(pieces.length)];
  switch (next(4)) {
    case 0:
      return part;
    case 1:
      return piece + part;
    case 2:
      return part + piece;
    default:
      return next(3) === 0 ? piece : part.slice(0, 64);
  }
}

/** What follows the reading and is not sliced: whose a batch is, and what else is known of it. */
function batches() {
  console.log('\nWhat follows the reading of a batch: its match, its facts\n');
  const route = (platform, fields, fanOut) => ({
    profile: `of-${platform}`,
    key: { platform, fields },
    host: null,
    path: '',
    stripPrefix: false,
    fallback: false,
    fanOut,
    unverified: false,
    source: { file: 'gwproxy.yaml', line: 1, column: 1 },
  });
  const seal = createSeal();
  const table = compileRoutes(
    [
      route('whatsapp', { account: ['1'] }, true),
      route('graph', { client_state: ['1'] }, true),
      route('line', { destination: ['U1'] }, false),
    ],
    platforms,
    seal,
  );
  const bodies = {
    'WhatsApp: 1000 entries of different accounts': {
      object: 'whatsapp_business_account',
      entry: Array.from({ length: 1000 }, (_, at) => ({
        id: String(at),
        changes: [
          {
            value: {
              metadata: { phone_number_id: `p${at}` },
              statuses: [{ id: `wamid.${'x'.repeat(90)}${at}` }],
            },
          },
        ],
      })),
    },
    'WhatsApp: as many elements as there may be': {
      object: 'whatsapp_business_account',
      entry: [
        {
          id: '1',
          changes: Array.from({ length: 3999 }, (_, at) => ({
            value: { metadata: { phone_number_id: `p${at}` } },
          })),
        },
      ],
    },
    'Graph: different subscriptions and states': {
      value: Array.from({ length: 2000 }, (_, at) => ({
        id: `${at}`,
        subscriptionId: `s${at}`,
        clientState: at === 0 ? '1' : `${'é'.repeat(90)}${at}`,
      })),
    },
    'Graph: of nobody': {
      value: Array.from({ length: 2000 }, (_, at) => ({
        id: `${at}`,
        subscriptionId: `s${at}`,
        clientState: `${'é'.repeat(90)}${at}`,
      })),
    },
    'LINE: 1000 events': {
      destination: 'U1',
      events: Array.from({ length: 1000 }, (_, at) => ({
        webhookEventId: `${'é'.repeat(200)}${at}`,
        source: { userId: 'é'.repeat(50) },
      })),
    },
  };
  for (const [name, value] of Object.entries(bodies)) {
    const body = Buffer.from(JSON.stringify(value));
    const head = headOf({
      'content-type': JSON_TYPE,
      ...(name.startsWith('LINE') && { 'x-line-signature': 'x' }),
    });
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS * 6; run++) {
      const outcome = matchHead(table, head);
      if (outcome.kind !== 'needs-body') throw new Error(`${name}: ${outcome.kind}`);
      const inspection = inspect({ contentType: JSON_TYPE, contentEncoding: undefined }, body, outcome.reads);
      if (inspection.outcome !== 'fields') throw new Error(`${name}: ${inspection.outcome}`);
      const before = process.cpuUsage();
      const match = matchBody(outcome.scope, head, inspection);
      for (const one of match.matches ?? [match]) {
        const facts = one.facts?.();
        if (facts !== undefined) JSON.stringify([facts.dedupKey, facts.orderKey, facts.spoolable]);
      }
      least = Math.min(least, cpuMs(before));
    }
    report(name, body.length, least);
  }
}

function headOf(headers, { path = '/api/messages', query = '', method = 'POST' } = {}) {
  const map = new Map(Object.entries(headers));
  return { method, path, query, host: 'bots.example.com', header: (name) => map.get(name) };
}

/** Every platform is asked about heads as long as `limits.headers` lets them be. */
function heads() {
  console.log('\nAll platforms asked about a head as long as it may be\n');
  const SIZE = 32 * 1024;
  const long = (text) => text.repeat(Math.floor(SIZE / text.length));
  const cases = {
    'Content-Type of semicolons': headOf({ 'content-type': `application/json${long(';')}` }),
    'Content-Type of parameters': headOf({ 'content-type': `application/json${long(';a=b')}` }),
    'Content-Type with a long token': headOf({ 'content-type': `application/json; ${long('a')}` }),
    'Content-Type with quotes without an end': headOf({
      'content-type': `application/json; a="${long('\\"')}`,
    }),
    'Content-Type of charsets': headOf({ 'content-type': `application/json${long(';charset=utf-8')}` }),
    'query of separators': headOf({}, { query: long('&') }),
    'query of escapes': headOf({}, { query: `validationToken=${long('%41')}` }),
    'query of fields': headOf({}, { query: long('hub&') }),
    'query of a GET': headOf({}, { query: `hub.mode=subscribe&${long('&a=%41')}`, method: 'GET' }),
    'Authorization of dots': headOf({ authorization: `Bearer ${long('.')}` }),
    'Authorization, a token': headOf({
      authorization: `Bearer a.${Buffer.from(`{"iss":"${long('é').slice(0, 5000)}"}`).toString('base64url')}.c`,
    }),
    'path of slashes': headOf({}, { path: long('/') }),
  };
  for (const [name, head] of Object.entries(cases)) {
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS * 6; run++) {
      const fresh = { ...head };
      const before = process.cpuUsage();
      for (const platform of platforms) {
        platform.recognises(fresh);
        platform.handshake(fresh, null);
        platform.deliveries(fresh, null);
      }
      least = Math.min(least, cpuMs(before));
    }
    report(name, SIZE, least);
  }
}

/** Hashing with several secrets, as a verifier does it: the longest turn of the loop. */
async function hashing() {
  console.log('\nThe longest turn of the event loop while a body is hashed\n');
  for (const secrets of [1, 4]) {
    for (const size of SIZES) {
      const body = Buffer.alloc(size, 'a');
      const least = [];
      for (let run = 0; run < RUNS; run++) {
        let call = 0;
        const hashes = Array.from({ length: secrets }, () => {
          const hmac = createHmac('sha256', 'secret');
          return {
            update: (part) => {
              const before = performance.now();
              hmac.update(part);
              least[call] = Math.min(least[call] ?? Number.POSITIVE_INFINITY, performance.now() - before);
              call++;
            },
          };
        });
        await updateInSlices(new LoopShare(), hashes, body);
      }
      report(`HMAC with ${secrets} secrets`, size, Math.max(...least) * secrets, least.length / secrets);
    }
  }
}

parsers();
search();
batches();
heads();
await hashing();
if (failed) process.exitCode = 1;
