/** The path and query of a request-target, or why it is refused. */
export type TargetForm =
  | { readonly ok: true; readonly path: string; readonly search: string }
  | { readonly ok: false; readonly detail: string };

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;

/**
 * Reads a request-target in origin-form, or in absolute-form if its authority equals Host (RFC 9112 §3.2.2; a target
 * never chooses an upstream). Without a URL object, so that nothing is decoded, resolved or rewritten.
 */
export function readTarget(target: string, host: string): TargetForm {
  if (target.includes('#')) return refused('the request target has a fragment');
  if (target.startsWith('/')) return split(target);
  const absolute = ABSOLUTE.exec(target);
  if (absolute === null) return refused('the request target is not a path');
  const [, authority = '', rest = ''] = absolute;
  if (authority.toLowerCase() !== host.toLowerCase()) {
    return refused("the request target's authority is not the Host");
  }
  return split(rest.startsWith('/') ? rest : `/${rest}`);
}

function split(target: string): TargetForm {
  const mark = target.indexOf('?');
  if (mark === -1) return { ok: true, path: target, search: '' };
  return { ok: true, path: target.slice(0, mark), search: target.slice(mark) };
}

function refused(detail: string): TargetForm {
  return { ok: false, detail };
}
