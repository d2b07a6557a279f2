import type { BodyFields } from '../body/reads.ts';
import type { Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { hasInQuery } from './read/body-shape.ts';
import { present } from './read/read.ts';

// https://developer.work.weixin.qq.com/document/path/90930

/**
 * By its query alone, which is always there. WeChat's official accounts send `signature` beside it, and no
 * agent: not this sender's.
 */
function recognises(head: RequestHead): boolean {
  return hasInQuery(head, ['msg_signature', 'timestamp', 'nonce']) && !hasInQuery(head, ['signature']);
}

function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] {
  if (body?.format !== 'xml') return [];
  const fields = present({ corp: body.element('ToUserName'), agent: body.element('AgentID') });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'wecom', fields }];
}

/**
 * WeCom's callbacks: an XML envelope names the corporation and the agent, all else is encrypted. The GET with
 * `echostr`, which must be answered decrypted, and the JSON of AI bots name nobody: they need a path of the
 * bot's own, and there a path route with `fallback: true`.
 */
export const wecom: Platform = {
  name: 'wecom',
  configKey: 'wecom',
  fields: ['corp', 'agent'],
  headFields: [],
  secretFields: [],
  reads: { json: [], form: [], formJson: {}, xml: ['ToUserName', 'AgentID'] },
  // Opaque: compared by the letter.
  normalise: (_field, value) => value,
  recognises,
  deliveries,
  handshake: () => undefined,
  // Repeated three times.
  unmatched: () => undefined,
  deadline: () => 5000,
  // The answer may be a message, and only the gateway can read whether one is expected.
  synchronous: () => true,
};
