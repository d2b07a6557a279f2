import { definePlatform, type RequestHead } from '../platform.ts';
import { hasInQuery } from './read/body-shape.ts';
import { oneDelivery } from './read/ids.ts';

/*
 * WeCom: a callback's XML envelope names the corporation (ToUserName) and the agent (AgentID); all else is encrypted.
 * https://developer.work.weixin.qq.com/document/path/90930
 *
 * The GET with `echostr`, which must be answered decrypted, and the JSON of AI bots name no bot: such a bot needs a path
 * of its own, with a `fallback: true` route by that path.
 */

/** The query is always signed. WeChat's official accounts send `signature` as well and name no agent: another sender. */
function recognises(head: RequestHead): boolean {
  return hasInQuery(head, ['msg_signature', 'timestamp', 'nonce']) && !hasInQuery(head, ['signature']);
}

export const wecom = definePlatform({
  name: 'wecom',
  configKey: 'wecom',
  fields: ['corp', 'agent'],
  // Changes of contacts are of the whole corporation, and AgentID is empty.
  optionalFields: ['agent'],
  reads: { xml: ['ToUserName', 'AgentID'] },
  recognises,
  deliveries: (_head, body) =>
    oneDelivery('wecom', { corp: body?.element('ToUserName'), agent: body?.element('AgentID') }),
  // A plain 404 if no profile claims it: WeCom repeats a failed request three times.
  deadline: () => 5000,
  // The answer may be a message, and only the gateway can decrypt whether one is expected.
  synchronous: () => true,
});
