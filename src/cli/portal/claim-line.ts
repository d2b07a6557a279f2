import { HEADER_FIELD, JSON_FIELD } from '../../routing/custom.ts';
import { platforms } from '../../routing/platforms/index.ts';
import type { Attributes } from '../../routing/route.ts';
import { isSecret, yamlText } from '../output/route-text.ts';

/** A line of config with which a profile claims an unmatched request. */
export interface ClaimLine {
  readonly line: string;
  /** Its secret fields, whose values gwproxy does not store; the line has `${NAME}` for each. */
  readonly secrets: readonly string[];
  /** What to know of the request before one takes the line; null for nothing. */
  readonly note: string | null;
}

/** What a claim is made of: a request's attributes, of which the audience may be null. */
interface Claimed extends Pick<Attributes, 'platform' | 'fields'> {
  readonly audience?: string | null;
}

/** The host and path prefix of the routes that decided the request; only a route with the same ones is considered. */
export interface RouteScope {
  readonly host: string | null;
  readonly path: string;
}

/** Undefined if no route can claim the request: it names no bot, or its sender has no route key. */
export function claimLine(attributes: Claimed, { host, path }: RouteScope): ClaimLine | undefined {
  const { platform } = attributes;
  const named = identifyingFields(attributes);
  if (named.length === 0) return undefined;
  const secrets = named.filter((field) => isSecret(platform, field));
  const value = (field: string): string =>
    secrets.includes(field) ? `'\${${variable(field)}}'` : yamlText(attributes.fields[field] ?? '');
  const scope = [
    ...(host === null ? [] : [`host: ${yamlText(host)}`]),
    ...(path === '' ? [] : [`path: ${yamlText(path)}`]),
  ];
  const line = (key: readonly string[]) => `routes: [{ ${[...scope, ...key].join(', ')} }]`;
  if (platform === 'custom') {
    return { line: line(named.map((field) => customField(field, value(field)))), secrets, note: null };
  }
  const configKey = platforms.find(({ name }) => name === platform)?.configKey ?? null;
  if (configKey === null) return undefined;
  const fields = named.map((field) => `${field}: ${value(field)}`).join(', ');
  return { line: line([`${configKey}: { ${fields} }`]), secrets, note: audienceNote(attributes, named) };
}

/** What the token says of the bot where the line does not name the app: the operator may have meant that one. */
function audienceNote({ fields: { app }, audience }: Claimed, named: readonly string[]): string | null {
  if (audience === undefined || audience === null || named.includes('app')) return null;
  return app === undefined
    ? `the token is for ${yamlText(audience)}, which names no app`
    : `the token is for the app ${app}, which may be a blueprint of several agents; app: ${yamlText(app)} claims all of them`;
}

/**
 * The fields that identify the bot. Some fields of some senders differ between one bot's requests (the tenant, the
 * repository of a GitHub app's event), so a route with them would miss the others. Secret fields are used only if there
 * are no others.
 */
function identifyingFields({ platform, fields }: Claimed): readonly string[] {
  const names = Object.keys(fields);
  if (platform === 'bot-framework') return firstPresent(names, botFrameworkFields(fields));
  if (platform === 'github') return firstPresent(names, ['app', 'repository', 'installation', 'hook']);
  if (platform === 'gitea') return firstPresent(names, ['repository', 'owner']);
  const open = names.filter((field) => !isSecret(platform, field));
  return open.length > 0 ? open : names;
}

/** Agent 365's `app` is a blueprint that many agents share; elsewhere the recipient is the app itself. */
function botFrameworkFields({ app, recipient }: Attributes['fields']): readonly string[] {
  const own = app !== undefined && (recipient === undefined || recipient === `28:${app}`);
  return own ? ['app'] : ['agentic_app', 'recipient', 'tenant'];
}

function firstPresent(names: readonly string[], wanted: readonly string[]): readonly string[] {
  return wanted.filter((field) => names.includes(field)).slice(0, 1);
}

/** The name of the variable that holds the secret. */
function variable(field: string): string {
  const name = field.replace(/^(?:header|json):/, '');
  return name
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase();
}

function customField(field: string, value: string): string {
  return field.startsWith(HEADER_FIELD)
    ? `header: { name: ${yamlText(field.slice(HEADER_FIELD.length))}, value: ${value} }`
    : `json: { pointer: ${yamlText(field.slice(JSON_FIELD.length))}, value: ${value} }`;
}
