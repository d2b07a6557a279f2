import type { BodyFields } from '../../body/reads.ts';
import { firstId, type JsonSource, presentFields } from '../read/ids.ts';

/** The form field that carries an interaction's JSON. */
export const PAYLOAD = 'payload';

/** Where an event names its channel: an id, an object with one, or the item that a reaction is to. */
const CHANNEL = ['/event/channel', '/event/channel/id', '/event/item/channel'] as const;

/** Pointers into the JSON of an event. */
export const EVENT_READS = [
  '/type',
  '/token',
  '/challenge',
  '/team_id',
  '/enterprise_id',
  '/api_app_id',
  '/event_id',
  '/is_enterprise_install',
  '/authorizations',
  '/authorizations/0',
  '/authorizations/0/team_id',
  '/authorizations/0/enterprise_id',
  '/authorizations/0/is_enterprise_install',
  ...CHANNEL,
] as const;

const PAYLOAD_TEAM = ['/team', '/team/id', '/team_id', '/user/team_id', '/view/team_id'] as const;
const INSTALLED_TEAM = ['/view/app_installed_team_id', ...PAYLOAD_TEAM] as const;
const PAYLOAD_ENTERPRISE = [
  '/enterprise',
  '/enterprise/id',
  '/enterprise_id',
  '/team/enterprise_id',
] as const;
const PAYLOAD_APP = ['/api_app_id', '/view/app_id'] as const;

/** Pointers into the JSON of an interaction. */
export const PAYLOAD_READS = [
  '',
  '/type',
  '/token',
  '/user',
  '/is_enterprise_install',
  ...INSTALLED_TEAM,
  ...PAYLOAD_ENTERPRISE,
  ...PAYLOAD_APP,
] as const;

/** A form with any of these is Slack's; `token` is missing here, since other senders send one too. */
export const FORM_MARKS = [
  'ssl_check',
  'command',
  'team_id',
  'enterprise_id',
  'api_app_id',
  'is_enterprise_install',
] as const;

export const FORM_READS = [...FORM_MARKS, 'token'] as const;

type SlackFields = Readonly<Record<string, string>>;

/**
 * An event is for the installation that `authorizations[0]` names. In a channel that two organisations share, the outer
 * team and enterprise may be those of the user who acted. Events without authorizations (tokens_revoked,
 * app_uninstalled, app_rate_limited) are for the outer ids.
 *
 * An org-wide installation has no team here, only its enterprise: the team in the event, even in authorizations[0], is
 * the workspace where it happened (https://docs.slack.dev/enterprise/developing-for-enterprise-orgs). So a route for one
 * workspace does not claim the events of an org-wide installation.
 */
export function eventFields(body: JsonSource): SlackFields {
  const from = body.kind('/authorizations/0') === 'object' ? '/authorizations/0' : '';
  return presentFields({
    team: isTrue(body, `${from}/is_enterprise_install`) ? undefined : body.text(`${from}/team_id`),
    enterprise: body.text(`${from}/enterprise_id`),
    app: body.text('/api_app_id'),
    token: body.text('/token'),
  });
}

/**
 * If a modal was opened from another organisation's workspace, the team that the app is installed in is
 * `view.app_installed_team_id`, and the enterprise is the other organisation's, so not a key
 * (slackapi/bolt-python, slack_bolt/request/internals.py). In an org-wide installation `team` is null.
 */
export function payloadFields(payload: JsonSource): SlackFields {
  const enterprise = firstId(payload, PAYLOAD_ENTERPRISE);
  const app = firstId(payload, PAYLOAD_APP);
  const token = payload.text('/token');
  const orgWide =
    isTrue(payload, '/is_enterprise_install') ||
    (payload.kind('/team') === 'null' &&
      enterprise !== undefined &&
      payload.kind('/is_enterprise_install') === undefined);
  if (orgWide) return presentFields({ team: undefined, enterprise, app, token });
  const team = firstId(payload, INSTALLED_TEAM);
  const ofInstallation = team === firstId(payload, PAYLOAD_TEAM);
  return presentFields({ team, enterprise: ofInstallation ? enterprise : undefined, app, token });
}

/** A slash command; its flags are strings. */
export function commandFields(body: BodyFields): SlackFields {
  return presentFields({
    team: body.form('is_enterprise_install') === 'true' ? undefined : body.form('team_id'),
    enterprise: body.form('enterprise_id'),
    app: body.form('api_app_id'),
    token: body.form('token'),
  });
}

/** The channel of an event; undefined if it has none. */
export function channelOf(body: JsonSource): string | undefined {
  return firstId(body, CHANNEL);
}

/** The JSON of an interaction; undefined for any other body. */
export function payloadOf(body: BodyFields): JsonSource | undefined {
  if (body.kind('', PAYLOAD) === undefined) return undefined;
  return {
    text: (pointer) => body.text(pointer, PAYLOAD),
    kind: (pointer) => body.kind(pointer, PAYLOAD),
  };
}

function isTrue(source: JsonSource, pointer: string): boolean {
  return source.kind(pointer) === 'true' || source.text(pointer) === 'true';
}
