import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestHead } from '../../src/routing/platform.ts';
import { platforms } from '../../src/routing/platforms/index.ts';
import { SENDER_HEADERS } from '../../src/routing/sender-headers.ts';

/** Looked at by the door itself, whatever the platform. */
const FRAMING = ['content-type'];

test('each header that a platform reads is one that a request may have only once', () => {
  for (const platform of platforms) {
    const asked = new Set<string>();
    for (const method of ['GET', 'POST']) {
      for (const contentType of ['application/json', 'application/x-www-form-urlencoded', 'text/xml']) {
        for (const path of ['/', '/v3/conversations/a']) {
          const head: RequestHead = {
            method,
            path,
            query: '',
            host: 'a',
            header: (name) => {
              asked.add(name);
              return name === 'content-type' ? contentType : undefined;
            },
          };
          platform.recognises(head);
          platform.deliveries(head, null);
          platform.handshake(head, null);
        }
      }
    }
    const stray = [...asked].filter((name) => !SENDER_HEADERS.has(name) && !FRAMING.includes(name));
    assert.deepEqual(stray, [], platform.name);
  }
});
