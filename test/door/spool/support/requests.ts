import { hash } from 'node:crypto';
import type { SpoolRequest } from '../../../../src/door/spool/store/spooled-delivery.ts';

export const NOW = Date.UTC(2026, 0, 1);

export function request(changes: Partial<SpoolRequest> & { readonly text?: string } = {}): SpoolRequest {
  const { text = 'hi', body = Buffer.from(text), ...rest } = changes;
  return {
    profile: 'inbox',
    platform: 'bot-framework',
    method: 'POST',
    target: '/api/messages?a=1',
    publicTarget: '/api/messages?a=1',
    headers: ['Content-Type', 'application/json', 'Authorization', 'Bearer hush', 'X-Latin', '\u00e9'],
    orderKey: 'a:1',
    dedupKey: ['a:1', '1'],
    receivedAt: NOW,
    expiresAt: null,
    body,
    sha256: hash('sha256', body, 'hex'),
    ...rest,
  };
}
