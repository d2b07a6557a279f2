import type { Plan } from '../../config/types.ts';
import type { Head } from '../../door/request/head.ts';
import { readHead } from '../../door/request/read-head.ts';
import { CommandError, EXIT } from '../../errors.ts';
import type { BodyType } from '../../routing/body/inspect.ts';

/** A request as the user describes it. */
export interface RequestDescription {
  /** The path, with its query if it has one. */
  readonly path: string;
  /** If undefined: POST with a body, GET without one. */
  readonly method: string | undefined;
  /** Each as `Name: value`. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
}

/** A request as the door would see it. */
export interface SimulatedRequest {
  readonly head: Head;
  readonly type: BodyType;
  readonly body: Buffer;
}

/**
 * Builds the request, with the Host and Content-Type that every sender sends. Throws the DoorError with which the door
 * would refuse its head, or a CommandError (2) for a malformed header.
 */
export function buildRequest(
  { path, method, headers, body }: RequestDescription,
  plan: Plan,
): SimulatedRequest {
  const given = headers.map(readHeader);
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const raw = given.flat();
  if (!names.has('host')) raw.push('Host', hostOf(plan));
  if (body !== null && body.length > 0 && !names.has('content-type')) {
    raw.push('Content-Type', likelyType(body));
  }
  const head = readHead({
    method: method?.toUpperCase() ?? (body === null ? 'GET' : 'POST'),
    url: path.startsWith('/') ? path : `/${path}`,
    httpVersion: '1.1',
    rawHeaders: raw,
  });
  const type = {
    contentType: head.header('content-type'),
    contentEncoding: head.header('content-encoding'),
  };
  return { head, type, body: body ?? Buffer.alloc(0) };
}

function readHeader(text: string): readonly [string, string] {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(0, colon)).trim();
  // The text may hold a secret, so the error does not repeat it.
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    throw new CommandError(EXIT.usage, "write a header as --header 'Name: value'");
  }
  return [name, text.slice(colon + 1).trim()];
}

function hostOf({ publicUrl, listen }: Plan): string {
  if (publicUrl !== null) return publicUrl.host;
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}

/** Guesses the Content-Type by the first character. */
function likelyType(body: Buffer): string {
  const first = /[^\s]/.exec(body.toString('latin1', 0, 1024))?.[0];
  if (first === '{' || first === '[') return 'application/json';
  return first === '<' ? 'text/xml' : 'application/x-www-form-urlencoded';
}
