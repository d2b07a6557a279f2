import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/root.ts';
import { userPages } from './markdown.ts';

/** On this page, bold code spans quote messages that gwproxy prints, with `…` or a word in capitals for what varies. */
const PAGE = 'docs/troubleshooting.md';
const PLACEHOLDER = /…|\b(?:NAME|ID)\b/;

const folder = join(root, 'src');
const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(folder, file), 'utf8'))
  .join('\n');
/** The source with `…` for every placeholder of a template, and without the escapes in texts. */
const texts = source.replaceAll(/(?<!\\)\$\{[^{}]*\}/g, '…').replaceAll(/\\([`$'])/g, '$1');

function isPrinted(message: string): boolean {
  const parts = message
    .split(PLACEHOLDER)
    .map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('[^\\n]*?')).test(texts);
}

test(`every message and error code that ${PAGE} quotes is one that gwproxy prints`, () => {
  const page = userPages().find(({ path }) => path === PAGE);
  assert.ok(page !== undefined);
  const codes = page.spans.filter((span) => span.startsWith('GWPROXY_'));
  const quoted = [...page.boldSpans, ...codes];
  assert.ok(page.boldSpans.length >= 8 && codes.length >= 15, `only ${quoted.length} quotes were found`);
  assert.deepEqual(
    quoted.filter((message) => !isPrinted(message)),
    [],
  );
});
