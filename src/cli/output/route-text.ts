import { shortPath } from '../../config/problems.ts';
import { HEADER_FIELD, JSON_FIELD } from '../../routing/custom.ts';
import { platforms } from '../../routing/platforms/index.ts';
import type { PlatformName, Route, Source } from '../../routing/route.ts';
import { replaceInvisible } from '../../util/visible.ts';

/** Replaces every secret wherever routes and keys are printed. */
export const SECRET = '(secret)';

/** True if the field's values are secrets. Those of a custom route may always be. */
export function isSecret(platform: PlatformName, field: string): boolean {
  if (platform === 'custom') return true;
  return platforms.find(({ name }) => name === platform)?.secretFields.includes(field) ?? true;
}

/** A field as a person reads it: `team`, `header x-tenant`, `json /account/id`. */
export function fieldName(field: string): string {
  if (field.startsWith(HEADER_FIELD)) return `header ${field.slice(HEADER_FIELD.length)}`;
  if (field.startsWith(JSON_FIELD)) return `json ${field.slice(JSON_FIELD.length)}`;
  return field;
}

const PLAIN = /^(?:[A-Za-z_][\w.-]*|[1-9]\d{0,20})$/;
/** Words that YAML 1.1 or 1.2 does not read as text. */
const NO_TEXT = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** Text as one line of YAML: quoted if it could be read as another type, and with what acts or hides escaped. */
export function yamlText(value: string): string {
  if (PLAIN.test(value) && !NO_TEXT.test(value)) return value;
  return replaceInvisible(JSON.stringify(value), (codePoint) =>
    // YAML 1.2, 5.7: eight digits for what JSON writes as a pair of surrogates.
    codePoint > 0xffff ? `\\U${hex(codePoint, 8)}` : `\\u${hex(codePoint, 4)}`,
  );
}

function hex(codePoint: number, digits: number): string {
  return codePoint.toString(16).padStart(digits, '0');
}

/** A route's fields with their values, secrets hidden. */
export function shownFields(route: Route): Readonly<Record<string, readonly string[]>> {
  const { key } = route;
  if (key === null) return {};
  return Object.fromEntries(
    Object.entries(key.fields).map(([field, values]) => [
      field,
      isSecret(key.platform, field) ? values.map(() => SECRET) : values,
    ]),
  );
}

/** A route as a person reads it: all that it requires, secrets hidden. */
export function routeText(route: Route): string {
  const { key, host, path, stripPrefix, fallback, fanOut, unverified } = route;
  const fields = Object.entries(shownFields(route)).map(
    ([field, values]) => `${fieldName(field)} ${[...new Set(values)].join(' or ')}`,
  );
  const sender = key === null || key.platform === 'custom' ? '' : `${key.platform} `;
  const scope = `path ${path === '' ? '/' : path}${stripPrefix ? ' (taken off)' : ''}`;
  return [
    ...(key === null ? [] : [sender + fields.join(', ')]),
    ...(host === null ? [] : [`host ${host}`]),
    ...(path === '' && (key !== null || host !== null) ? [] : [scope]),
    ...(fallback ? ['fallback'] : []),
    ...(fanOut && key !== null ? ['fan_out'] : []),
    ...(unverified ? ['unverified'] : []),
  ].join(', ');
}

export function sourceText({ file, line, column }: Source, folder: string): string {
  return `${shortPath(file, folder)}:${line}:${column}`;
}
