import { isUtf8 } from 'node:buffer';

export type XmlRead =
  /** The text of each wanted element that is there. */
  | { readonly outcome: 'read'; readonly values: ReadonlyMap<string, string> }
  | { readonly outcome: 'invalid' | 'ambiguous'; readonly detail: string };

/** Bytes of a document. WeCom's messages have at most 2048 bytes of text, and their envelopes a few KB. */
const LONGEST_XML = 256 * 1024;
const MOST_CHILDREN = 1000;

/** XML 1.0 §2.2: a document must not contain these characters. */
const FORBIDDEN = /[^\t\n\r\x20-\ufffd]/;
/** XML 1.0 §2.8, with no encoding but UTF-8. */
const DECLARATION =
  /^<\?xml version=(["'])1\.0\1(?: encoding=(["'])utf-8\2)?(?: standalone=(["'])(?:yes|no)\3)? ?\?>/i;
const NOT_SPACE = /[^ \t\r\n]/g;
const START = /<([A-Za-z_][\w.-]{0,63})>(<!\[CDATA\[)?/y;
/**
 * No value may contain these, so that a gateway that searches the body for an element's name finds the one that is
 * read here.
 */
const MARKUP = /[<>&\]]/;

/**
 * Reads the wanted children of an `<xml>` element. Accepts only the envelope that WeCom writes: a flat list of
 * elements without attributes, each with plain text or one CDATA section. Everything that XML offers beyond that
 * (nested or empty-element tags, entities, comments, a DOCTYPE, …) is invalid, and a repeated wanted element is
 * ambiguous. A document of more than 256 KiB or 1000 elements is not WeCom's, so that this needs no slices.
 */
export function readXml(bytes: Buffer, wanted: ReadonlySet<string>): XmlRead {
  if (bytes.length > LONGEST_XML) return invalid('longer than any envelope');
  if (!isUtf8(bytes)) return invalid('not UTF-8');
  const text = bytes.toString('utf8');
  if (FORBIDDEN.test(text)) return invalid('a character that XML does not allow');
  const values = new Map<string, string>();
  const root = skipSpace(text, DECLARATION.exec(text)?.[0].length ?? 0);
  if (!text.startsWith('<xml>', root)) return invalid('the root element is not <xml>');
  let at = skipSpace(text, root + '<xml>'.length);
  for (let children = 1; !text.startsWith('</xml>', at); children++) {
    if (children > MOST_CHILDREN) return invalid(`more than ${MOST_CHILDREN} elements`);
    START.lastIndex = at;
    const [start, name = '', cdata] = START.exec(text) ?? [];
    if (start === undefined) return invalid('an element of the envelope must start here, without attributes');
    const from = at + start.length;
    const to = text.indexOf(cdata === undefined ? '<' : ']]>', from);
    const value = text.slice(from, to);
    const end = `${cdata === undefined ? '' : ']]>'}</${name}>`;
    if (to < 0 || !text.startsWith(end, to))
      return invalid('an element holds more than text or one CDATA section');
    if (MARKUP.test(value)) return invalid('a markup character in the text of an element');
    if (wanted.has(name)) {
      if (values.has(name)) return { outcome: 'ambiguous', detail: 'a routing element is repeated' };
      values.set(name, value);
    }
    at = skipSpace(text, to + end.length);
  }
  const rest = skipSpace(text, at + '</xml>'.length);
  return rest === text.length ? { outcome: 'read', values } : invalid('something follows the root element');
}

function skipSpace(text: string, from: number): number {
  NOT_SPACE.lastIndex = from;
  return NOT_SPACE.exec(text)?.index ?? text.length;
}

function invalid(detail: string): XmlRead {
  return { outcome: 'invalid', detail };
}
