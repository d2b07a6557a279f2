import type { BodyFields } from '../body/reads.ts';
import { definePlatform } from '../platform.ts';
import { byJsonShape, hasStrings } from './read/body-shape.ts';
import { oneDelivery } from './read/ids.ts';

/*
 * DingTalk: messages to a robot in HTTP mode. The robot's code is /robotCode in the JSON body.
 * Fields as in https://github.com/open-dingtalk/dingtalk-stream-sdk-python (dingtalk_stream/chatbot.py).
 *
 * Old robots send no code, so that their messages name no bot: such a robot needs a path of its own, with a
 * `fallback: true` route by that path. Event subscriptions are encrypted and not recognised.
 */

const MESSAGE = ['/msgtype', '/conversationId'] as const;

/** Its headers `timestamp` and `sign` are too common to prove anything. */
function looksLikeMessage(body: BodyFields): boolean {
  return (
    hasStrings(body, MESSAGE) && (hasStrings(body, ['/robotCode']) || hasStrings(body, ['/chatbotUserId']))
  );
}

export const dingtalk = definePlatform({
  name: 'dingtalk',
  configKey: 'dingtalk',
  fields: ['robot'],
  headers: ['timestamp', 'sign'],
  reads: { json: ['/robotCode', '/chatbotUserId', ...MESSAGE] },
  recognises: (head, body) => byJsonShape(head, body, looksLikeMessage),
  deliveries: (_head, body) => oneDelivery('dingtalk', { robot: body?.text('/robotCode') }),
  // Not documented; a cautious guess.
  deadline: () => 5000,
  // The answer may be a message to the conversation.
  synchronous: () => true,
});
