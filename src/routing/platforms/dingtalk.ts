import type { BodyFields } from '../body/reads.ts';
import type { Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { byJsonShape, hasStrings } from './read/body-shape.ts';
import { present } from './read/read.ts';

// The fields as in open-dingtalk/dingtalk-stream-sdk-python, dingtalk_stream/chatbot.py.

const MESSAGE = ['/msgtype', '/conversationId'] as const;

/** Its headers are `timestamp` and `sign`, which say nothing: told by the body of a robot's message. */
function looksLikeMessage(body: BodyFields): boolean {
  return (
    hasStrings(body, MESSAGE) && (hasStrings(body, ['/robotCode']) || hasStrings(body, ['/chatbotUserId']))
  );
}

function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] {
  const fields = present({ robot: body?.text('/robotCode') });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'dingtalk', fields }];
}

/**
 * Messages to a DingTalk robot in HTTP mode. Old robots carry no code and name nobody: they need a path of their
 * own, and there a path route with `fallback: true`. Event subscriptions are encrypted, and not taken for these.
 */
export const dingtalk: Platform = {
  name: 'dingtalk',
  configKey: 'dingtalk',
  fields: ['robot'],
  headFields: [],
  secretFields: [],
  reads: { json: ['/robotCode', '/chatbotUserId', ...MESSAGE], form: [], formJson: {} },
  normalise: (_field, value) => value,
  recognises: (head, body) => byJsonShape(head, body, looksLikeMessage),
  deliveries,
  handshake: () => undefined,
  unmatched: () => undefined,
  // Nowhere documented: on the short side.
  deadline: () => 5000,
  // The answer may be a message to the conversation.
  synchronous: () => true,
};
