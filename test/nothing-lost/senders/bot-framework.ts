import type { Sending } from '../../support/senders.ts';
import type { Delivery } from '../load.ts';
import { SERVICE_URL, TENANT } from './tokens.ts';

/** What Microsoft's channel sends; `authorization` is for that app. */
export function activityOf(
  delivery: Delivery,
  bot: { readonly app: string; readonly authorization: string },
): Sending {
  const { id, kind, room } = delivery;
  return {
    path: '/api/messages',
    headers: { 'Content-Type': 'application/json; charset=utf-8', Authorization: bot.authorization },
    body: JSON.stringify({
      type: kind === 'invoke' ? 'invoke' : 'message',
      ...(kind === 'invoke' && { name: 'task/fetch', value: {} }),
      ...(kind === 'replies' && { deliveryMode: 'expectReplies' }),
      id,
      timestamp: new Date().toISOString(),
      channelId: 'msteams',
      serviceUrl: SERVICE_URL,
      from: { id: '29:invented-sender', name: 'Ada' },
      recipient: { id: `28:${bot.app}`, name: delivery.bot },
      conversation: { id: `a:room-${room}`, conversationType: 'personal', tenantId: TENANT },
      channelData: { tenant: { id: TENANT } },
      text: `hello ${id}`,
    }),
  };
}
