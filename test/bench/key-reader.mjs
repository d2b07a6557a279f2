// Reading the routing key out of a body, against parsing it: time in interleaved rounds, and what is allocated.
// Fails where our reader is slower than JSON.parse(body.toString()), which is what one would write instead, or
// where what it allocates grows with the body.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compileJsonReads, readJson } from '../../dist/routing/body/json.js';
import { botFramework } from '../../dist/routing/platforms/microsoft/bot-framework.js';
import { interleave, median, ratio } from './interleaved.mjs';

const SIZES = [
  { name: '1 KB', bytes: 1 << 10, calls: 1000, reads: 500 },
  { name: '100 KB', bytes: 100 << 10, calls: 20, reads: 100 },
  { name: '1 MB', bytes: 1 << 20, calls: 2, reads: 60 },
];
const ROUNDS = 21;
const WARM_UPS = 6;
/** Of a shared machine's noise in a ratio of medians. */
const TOLERANCE = 1.05;
/**
 * Bytes a read that may differ between bodies, since compiled code allocates as it was compiled. One small
 * object for each kilobyte of a body would already be 16 KB a read of 1 MB.
 */
const SLACK = 8192;

const RECIPIENT = '28:00000000-0000-0000-0000-000000000001';
const reads = compileJsonReads(botFramework.reads.json);

/** What fills a body: a long text, or a card of many small values, of which parsing makes objects. */
const FILLINGS = {
  text: (bytes) => ({
    text: 'Which of these requests wait for me? "Café" \n'.repeat(Math.ceil(bytes / 48)).slice(0, bytes),
  }),
  card: (bytes) => {
    const element = {
      type: 'TextBlock',
      text: 'An open request',
      size: 2,
      weight: 1.5,
      wrap: true,
      id: null,
    };
    const count = Math.ceil(bytes / JSON.stringify(element).length);
    return { attachments: [{ content: { version: '1.4', body: Array(count).fill(element) } }] };
  },
};

/** An activity of about that size, its recipient before or behind what fills it. */
function activity(bytes, filling, keyFirst) {
  const key = {
    type: 'message',
    channelId: 'msteams',
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    conversation: { id: 'a:invented', tenantId: '00000000-0000-0000-0000-0000000000aa' },
    recipient: { id: RECIPIENT, name: 'bot' },
  };
  const rest = {
    id: '1700000000000',
    from: { id: '29:invented-sender', name: 'A Person' },
    ...FILLINGS[filling](bytes - 400),
  };
  return Buffer.from(JSON.stringify(keyFirst ? { ...key, ...rest } : { ...rest, ...key }));
}

function cases() {
  return SIZES.flatMap((size) =>
    Object.keys(FILLINGS).flatMap((filling) =>
      [true, false].map((keyFirst) => ({
        name: `${size.name.padEnd(8)}${filling.padEnd(6)}key ${keyFirst ? 'first' : 'last'}`,
        calls: size.calls,
        reads: size.reads,
        body: activity(size.bytes, filling, keyFirst),
      })),
    ),
  );
}

function check(recipient) {
  if (recipient !== RECIPIENT) throw new Error('the key was not read');
}

function readKey(body) {
  const read = readJson(body, reads);
  if (read.outcome !== 'read') throw new Error(read.detail);
  check(read.fields.text('/recipient/id'));
}

function time() {
  let failed = false;
  console.log(
    `Time: ${ROUNDS} interleaved rounds, medians in µs; node ${process.version}. Fails above ` +
      `${TOLERANCE} × JSON.parse(body.toString()), ${Math.round((TOLERANCE - 1) * 100)} % being for noise.\n\n` +
      'body                     reader   parse(toString)   parse alone   × parse(toString)   × parse alone',
  );
  for (const { name, calls, body } of cases()) {
    const text = body.toString();
    const [reader, whole, alone] = interleave(
      [
        () => readKey(body),
        () => check(JSON.parse(body.toString()).recipient.id),
        () => check(JSON.parse(text).recipient.id),
      ],
      { rounds: ROUNDS, warmUps: WARM_UPS, calls },
    );
    const slower = ratio(reader, whole);
    failed ||= slower > TOLERANCE;
    const micros = (samples) => (median(samples) / 1000).toFixed(1);
    console.log(
      `${name.padEnd(25)}${micros(reader).padEnd(9)}${micros(whole).padEnd(18)}${micros(alone).padEnd(14)}` +
        `${slower.toFixed(2).padEnd(20)}${ratio(reader, alone).toFixed(2)}${slower > TOLERANCE ? '   SLOWER' : ''}`,
    );
  }
  return failed;
}

/** Bytes of heap and of buffers that one read leaves behind, with no collection in between. */
function allocated({ body, reads: count }) {
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    globalThis.gc();
    const before = process.memoryUsage();
    for (let read = 0; read < count; read++) readKey(body);
    const after = process.memoryUsage();
    const bytes = after.heapUsed - before.heapUsed + after.external - before.external;
    if (bytes < 0) throw new Error('a collection came in between');
    rounds.push(bytes / count);
  }
  // What else the runtime does in a round only adds to it; what a read allocates is in every one.
  return Math.min(...rounds);
}

function allocation() {
  const all = cases();
  for (const each of all) allocated(each); // so that none of them pays for what is compiled
  const bytes = all.map(allocated);
  const least = Math.min(...bytes);
  console.log(
    `\nAllocation: bytes a read; fails where a body's are more than the least by above ${SLACK}.\n`,
  );
  for (const [at, { name }] of all.entries()) {
    console.log(`${name.padEnd(25)}${bytes[at].toFixed(0)}${bytes[at] > least + SLACK ? '   GROWS' : ''}`);
  }
  return bytes.some((each) => each > least + SLACK);
}

/** A collection needs a flag, and a young generation that holds all of a round, so that none happens in it. */
function measureAllocation() {
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const { status } = spawnSync(process.execPath, [...flags, fileURLToPath(import.meta.url)], {
    stdio: 'inherit',
  });
  return status !== 0;
}

const failed = globalThis.gc === undefined ? [time(), measureAllocation()].includes(true) : allocation();
if (failed) process.exitCode = 1;
