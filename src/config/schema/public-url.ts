import type { PublicUrl } from '../../routing/url/public-url.ts';
import { addedPrefixFault, barePrefix } from './paths.ts';

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** Reads `public_url`. It must be an origin: a path in it is not supported. */
export function readPublicUrl(text: string): Read<PublicUrl> {
  const url = parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return { ok: false, reason: 'must be a URL such as https://bots.example.com' };
  }
  if (!isOrigin(url)) return { ok: false, reason: 'must be scheme and host only, without a path or a user' };
  const proto = url.protocol === 'https:' ? 'https' : 'http';
  return { ok: true, value: { href: text.replace(/\/$/, ''), proto, host: url.host } };
}

/** The address of a gateway that someone else runs, and the prefix below which it serves the bot; '' for none. */
export interface UpstreamUrl {
  readonly host: string;
  readonly port: number;
  readonly prefix: string;
}

/** Reads the `url` of a gateway that someone else runs. Its path is taken as written, since a URL object resolves dots. */
export function readUpstreamUrl(text: string): Read<UpstreamUrl> {
  const url = parse(text);
  if (url?.protocol === 'https:') {
    return { ok: false, reason: 'must be http://host:port; https to a gateway is not supported' };
  }
  if (url === null || url.protocol !== 'http:') {
    return { ok: false, reason: 'must be http://host:port, such as http://10.0.0.5:3978' };
  }
  if (url.username !== '' || url.password !== '') return { ok: false, reason: 'must not hold a user' };
  if (/[?#]/.test(text)) return { ok: false, reason: 'must not have a query or a fragment' };
  // A URL object takes `http:///host` and `http://@host` for `http://host`, and so hides what the path is.
  const path = /^[^:]+:\/\/[^/\\@]+(.*)$/s.exec(text)?.[1];
  if (path === undefined)
    return { ok: false, reason: 'must be http://host:port, such as http://10.0.0.5:3978' };
  const fault = path === '' ? null : addedPrefixFault(path);
  if (fault !== null) return { ok: false, reason: `has a path that ${fault}` };
  const port = url.port === '' ? 80 : Number(url.port);
  if (port === 0) return { ok: false, reason: 'must have a port from 1 to 65535' };
  const prefix = barePrefix(path);
  return { ok: true, value: { host: url.hostname.replace(/^\[|\]$/g, ''), port, prefix } };
}

function parse(text: string): URL | null {
  return /^[a-z]+:\/\/\S+$/i.test(text) && URL.canParse(text) ? new URL(text) : null;
}

function isOrigin(url: URL): boolean {
  return (
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  );
}

/** Why `keys_url` is refused, or null. Keys over plain HTTP could be forged on the way, unless they come from this machine. */
export function keysUrlFault(text: string): string | null {
  const url = parse(text);
  if (url?.protocol === 'https:') return null;
  const isLoopback = url !== null && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  return url?.protocol === 'http:' && isLoopback ? null : 'must be an https:// URL';
}
