// The work of every benchmark: one Bot Framework activity of about 1.2 KB, for one of `bots` recipients.

export const bots = 4;

/** The app id that the gateway with this number is known by. */
export function appId(bot) {
  return `00000000-0000-0000-0000-${String(bot + 1).padStart(12, '0')}`;
}

/** A Teams message for that bot, as bytes. */
export function activity(bot) {
  return Buffer.from(
    JSON.stringify({
      text: 'Could you look at the open requests of this week and tell me which of them wait for me? '.repeat(
        3,
      ),
      textFormat: 'plain',
      type: 'message',
      timestamp: '2026-01-01T08:00:00.000Z',
      localTimestamp: '2026-01-01T09:00:00.000+01:00',
      id: '1700000000000',
      channelId: 'msteams',
      serviceUrl: 'https://smba.trafficmanager.net/emea/00000000-0000-0000-0000-0000000000aa/',
      from: { id: '29:1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', name: 'A Person', aadObjectId: appId(90) },
      conversation: {
        conversationType: 'personal',
        tenantId: '00000000-0000-0000-0000-0000000000aa',
        id: 'a:1bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
      },
      recipient: { id: `28:${appId(bot)}`, name: `bot-${bot}` },
      entities: [
        { locale: 'en-US', country: 'US', platform: 'Web', timezone: 'Europe/Berlin', type: 'clientInfo' },
      ],
      channelData: { tenant: { id: '00000000-0000-0000-0000-0000000000aa' } },
      locale: 'en-US',
      localTimezone: 'Europe/Berlin',
    }),
  );
}
