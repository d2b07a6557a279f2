import type { JsonKind } from './body/reads.ts';

/** The members by which an activity is told from other JSON. */
export const ACTIVITY_SHAPE = ['/type', '/channelId', '/serviceUrl', '/conversation', '/recipient'] as const;

/** A JSON document of which those members were read. */
interface Shaped {
  kind(pointer: (typeof ACTIVITY_SHAPE)[number]): JsonKind | undefined;
}

/**
 * Whether the JSON has the shape of a Bot Framework activity. A recipient is required (microsoft/Agents,
 * protocol-activity.md, A2070), but activities without one have been seen.
 */
export function isActivity(body: Shaped): boolean {
  const channel = body.kind('/channelId') === 'string';
  const service = body.kind('/serviceUrl') === 'string';
  const conversation = body.kind('/conversation') === 'object';
  if (body.kind('/recipient') !== 'object') return channel && (service || conversation);
  return channel || service || conversation || body.kind('/type') === 'string';
}

/**
 * The issuers of the tokens of notifications to calling bots, which are no activities (microsoft-graph-comms-samples,
 * AuthenticationProvider.cs). They sign for bots only, unlike Entra, whose tokens any web API gets.
 */
export const CALL_ISSUERS: readonly string[] = [
  'https://api.botframework.com',
  'https://graph.microsoft.com',
];
