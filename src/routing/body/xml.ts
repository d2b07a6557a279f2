import { isUtf8 } from 'node:buffer';

export type XmlRead =
  /** Each wanted element that is there, its text decoded. */
  | { readonly outcome: 'read'; readonly values: ReadonlyMap<string, string> }
  | { readonly outcome: 'invalid' | 'ambiguous'; readonly detail: string };

/** Elements within elements. */
export const DEEPEST_XML = 32;

const NAME = /[A-Za-z_][A-Za-z0-9_.-]*/y;
const SPACE = /[ \t\r\n]*/y;
/** XML 1.0 §2.8, with no encoding but UTF-8. */
const DECLARATION =
  /^<\?xml[ \t\r\n]+version=(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding=(?:"utf-8"|'utf-8'))?(?:[ \t\r\n]+standalone=(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/i;
/** XML 1.0 §2.2: what no document may hold, beside what is no UTF-8. */
const FORBIDDEN = /(?![\t\r\n\x7f-\x9f])[\p{Cc}\ufffe\uffff]/u;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/**
 * Reads the wanted children of an XML body's root. Takes the XML that WeCom writes and no more, so that every
 * parser reads it alike: elements, text, CDATA and the five entities; no DOCTYPE, comment, processing
 * instruction, attribute, namespace or character reference, and nothing but text in a wanted element.
 */
export function readXml(bytes: Buffer, wanted: ReadonlySet<string>): XmlRead {
  if (bytes[0] === 0xef && bytes[1] === 0xbb) return { outcome: 'invalid', detail: 'a byte order mark' };
  if (!isUtf8(bytes)) return { outcome: 'invalid', detail: 'not UTF-8' };
  const text = bytes.toString('utf8');
  if (FORBIDDEN.test(text)) return { outcome: 'invalid', detail: 'a character that XML does not have' };
  const reader = new XmlReader(text, wanted);
  if (reader.document()) return { outcome: 'read', values: reader.values };
  return { outcome: reader.ambiguous ? 'ambiguous' : 'invalid', detail: reader.failure };
}

class XmlReader {
  readonly values = new Map<string, string>();
  ambiguous = false;
  failure = '';
  readonly #text: string;
  readonly #wanted: ReadonlySet<string>;
  #at = 0;

  constructor(text: string, wanted: ReadonlySet<string>) {
    this.#text = text;
    this.#wanted = wanted;
  }

  document(): boolean {
    this.#at = DECLARATION.exec(this.#text)?.[0].length ?? 0;
    this.#take(SPACE);
    const root = this.#start();
    if (root === undefined) return false;
    if (!root.empty && !this.#children(root.name)) return false;
    this.#take(SPACE);
    return this.#at === this.#text.length || this.#fail('something behind the root element');
  }

  /** The root's content: elements, with white space around them. */
  #children(root: string): boolean {
    for (;;) {
      this.#take(SPACE);
      if (this.#text.startsWith('</', this.#at)) return this.#end(root);
      const element = this.#start();
      if (element === undefined) return false;
      if (!this.#child(element)) return false;
    }
  }

  #child({ name, empty }: Start): boolean {
    if (!this.#wanted.has(name)) return empty || this.#content(name, 2) !== undefined;
    if (this.values.has(name)) {
      this.ambiguous = true;
      return this.#fail('a routing element is repeated');
    }
    const value = empty ? '' : this.#content(name, null);
    if (value === undefined) return false;
    this.values.set(name, value);
    return true;
  }

  /**
   * The text of an element up to behind its end tag; undefined where it is no sound one. `depth` counts the
   * elements around what is within; null allows none within.
   */
  #content(name: string, depth: number | null): string | undefined {
    let content = '';
    for (;;) {
      const tag = this.#text.indexOf('<', this.#at);
      const run = tag < 0 ? undefined : decode(this.#text.slice(this.#at, tag));
      if (run === undefined) return this.#none(tag < 0 ? 'the XML ends early' : 'text that is no XML text');
      content += run;
      this.#at = tag;
      if (this.#text.startsWith('</', tag)) return this.#end(name) ? content : undefined;
      if (this.#text.startsWith('<![CDATA[', tag)) {
        const end = this.#text.indexOf(']]>', tag + 9);
        if (end < 0) return this.#none('CDATA without an end');
        content += this.#text.slice(tag + 9, end);
        this.#at = end + 3;
        continue;
      }
      if (depth === null) return this.#none('a routing element holds more than text');
      if (depth >= DEEPEST_XML) return this.#none('nested too deep');
      const inner = this.#start();
      if (inner === undefined) return undefined;
      if (!inner.empty && this.#content(inner.name, depth + 1) === undefined) return undefined;
    }
  }

  /** `<name>` or `<name/>`. */
  #start(): Start | undefined {
    if (this.#text[this.#at] !== '<') return this.#none('text where an element must be');
    this.#at++;
    const name = this.#take(NAME);
    if (name === '') return this.#none('a comment, an instruction, a DOCTYPE or a name that is none');
    this.#take(SPACE);
    const empty = this.#text[this.#at] === '/';
    if (empty) this.#at++;
    if (this.#text[this.#at] !== '>') return this.#none('an attribute, a namespace or a tag without an end');
    this.#at++;
    return { name, empty };
  }

  #end(name: string): boolean {
    this.#at += 2;
    if (this.#take(NAME) !== name) return this.#fail('an end tag of another element');
    this.#take(SPACE);
    if (this.#text[this.#at] !== '>') return this.#fail('an end tag without an end');
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #none(why: string): undefined {
    this.failure = why;
    return undefined;
  }

  #fail(why: string): false {
    this.failure = why;
    return false;
  }
}

interface Start {
  readonly name: string;
  readonly empty: boolean;
}

/** Text outside of CDATA; undefined where it holds another reference than the five, or a CDATA end (§2.4). */
function decode(raw: string): string | undefined {
  if (raw.includes(']]>')) return undefined;
  if (!raw.includes('&')) return raw;
  let decoded = '';
  for (const [index, part] of raw.split('&').entries()) {
    const end = part.indexOf(';');
    const entity = index === 0 ? '' : ENTITIES.get(part.slice(0, end));
    if (entity === undefined || (index > 0 && end < 0)) return undefined;
    decoded += index === 0 ? part : entity + part.slice(end + 1);
  }
  return decoded;
}
