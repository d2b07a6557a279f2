import type { BodyFields } from '../../body/reads.ts';
import { firstId, type JsonSource, present } from '../read/read.ts';

/** The form field that carries an interaction's JSON. */
export const PAYLOAD = 'payload';

/** Where an event names its channel: by id, or as an object that has one; a reaction by what it is to. */
const CHANNEL = ['/event/channel', '/event/channel/id', '/event/item/channel'] as const;

/** What is read of an Events API body. */
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

/** What is read of an interaction's JSON. */
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

/** Any of these makes a form this sender's; `token` does not, since others send one too. */
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
 * An event is for the installation that `authorizations[0]` names: the outer team and enterprise may be those
 * of whoever acted, in a channel that two organisations share. An org-wide installation is keyed by its
 * enterprise alone: the team beside it is the workspace where it happened, which varies, and even
 * authorizations[0] may name one (https://docs.slack.dev/enterprise/developing-for-enterprise-orgs). So a
 * route for one member workspace does not catch the events of an org-wide installation. Some events have no
 * authorizations (tokens_revoked, app_uninstalled, app_rate_limited) and some no team at all
 * (team_access_granted): there the outer ids stand.
 */
export function eventFields(body: JsonSource): SlackFields {
  const from = body.kind('/authorizations/0') === 'object' ? '/authorizations/0' : '';
  return present({
    team: isTrue(body, `${from}/is_enterprise_install`) ? undefined : body.text(`${from}/team_id`),
    enterprise: body.text(`${from}/enterprise_id`),
    app: body.text('/api_app_id'),
    token: body.text('/token'),
  });
}

/**
 * An interaction names the team that the app is installed in as `view.app_installed_team_id` where a modal
 * was opened from another organisation's workspace; the enterprise beside it is then the other organisation's
 * and no key of ours (slackapi/bolt-python, slack_bolt/request/internals.py). In an org-wide installation
 * `team` is null and the flag is set.
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
  if (orgWide) return present({ team: undefined, enterprise, app, token });
  const team = firstId(payload, INSTALLED_TEAM);
  const ofInstallation = team === firstId(payload, PAYLOAD_TEAM);
  return present({ team, enterprise: ofInstallation ? enterprise : undefined, app, token });
}

/** A slash command; its flags are strings. */
export function commandFields(body: BodyFields): SlackFields {
  return present({
    team: body.form('is_enterprise_install') === 'true' ? undefined : body.form('team_id'),
    enterprise: body.form('enterprise_id'),
    app: body.form('api_app_id'),
    token: body.form('token'),
  });
}

/** The channel that an event happened in; undefined where it happened in none. */
export function channelOf(body: JsonSource): string | undefined {
  return firstId(body, CHANNEL);
}

/** The JSON of an interaction; undefined where the body is none. */
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
