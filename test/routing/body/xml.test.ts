import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DEEPEST_XML, readXml } from '../../../src/routing/body/xml.ts';

const WANTED = new Set(['ToUserName', 'AgentID']);

function read(body: string | Buffer) {
  return readXml(Buffer.from(body), WANTED);
}

function values(body: string): Readonly<Record<string, string>> {
  const result = read(body);
  if (result.outcome !== 'read') throw new Error(`${result.outcome}: ${result.detail}`);
  return Object.fromEntries(result.values);
}

function inside(content: string): string {
  return `<xml>${content}</xml>`;
}

function nested(depth: number): string {
  return `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
}

describe('the values of an XML body', () => {
  const to = (text: string) => inside(`<ToUserName>${text}</ToUserName>`);
  const cases: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    [
      'as WeCom writes them',
      inside(
        '<ToUserName><![CDATA[wwAAAAAAAAAAAAAAAA]]></ToUserName><Encrypt><![CDATA[AAAA==]]></Encrypt><AgentID><![CDATA[1000002]]></AgentID>',
      ),
      { ToUserName: 'wwAAAAAAAAAAAAAAAA', AgentID: '1000002' },
    ],
    ['as text', to('ww1'), { ToUserName: 'ww1' }],
    ['as text with entities', to('a&amp;b&lt;&gt;&quot;&apos;'), { ToUserName: 'a&b<>"\'' }],
    ['as CDATA, where nothing is an entity', to('<![CDATA[a&amp;<b>]]>'), { ToUserName: 'a&amp;<b>' }],
    ['in pieces', to('a<![CDATA[b]]>c<![CDATA[]]>'), { ToUserName: 'abc' }],
    ['with the white space within', to(' <![CDATA[a]]>\n'), { ToUserName: ' a\n' }],
    ['empty', inside('<ToUserName></ToUserName><AgentID/>'), { ToUserName: '', AgentID: '' }],
    ['beside others', inside('<Other>x</Other><ToUserName>a</ToUserName><Empty />'), { ToUserName: 'a' }],
    ['not within others', inside('<Other><ToUserName>a</ToUserName></Other>'), {}],
    ['not in another case', inside('<tousername>a</tousername>'), {}],
    ['none', '<xml></xml>', {}],
    ['none in an empty root', '<xml/>', {}],
    ['of any root', '<message><AgentID>1</AgentID></message>', { AgentID: '1' }],
    ['with white space around', ' \r\n<xml >\n <AgentID >1</AgentID >\t</xml>\n', { AgentID: '1' }],
    [
      'behind a declaration',
      "<?xml version='1.0' encoding='UTF-8'?>\n<xml><AgentID>1</AgentID></xml>",
      { AgentID: '1' },
    ],
    [
      'beside elements within elements',
      inside(`${nested(DEEPEST_XML - 1)}<AgentID>1</AgentID>`),
      { AgentID: '1' },
    ],
    ['in UTF-8', to('é😀'), { ToUserName: 'é😀' }],
  ];
  for (const [name, body, expected] of cases) {
    it(name, () => assert.deepEqual(values(body), expected));
  }
});

describe('an XML body', () => {
  const ambiguous: readonly string[] = [
    '<ToUserName>a</ToUserName><ToUserName>a</ToUserName>',
    '<ToUserName>a</ToUserName><Other/><ToUserName/>',
    '<ToUserName/><ToUserName><![CDATA[a]]></ToUserName>',
  ];
  for (const content of ambiguous) {
    it(`is ambiguous where a wanted element is repeated: ${content}`, () => {
      assert.equal(read(inside(content)).outcome, 'ambiguous');
    });
  }

  const refused: readonly (string | Buffer)[] = [
    '', ' ', 'x', '<', '<xml', '<xml>', '<xml></xm>', '<xml></xml', '<xml></xml><xml/>', '<xml></xml>x', 'x<xml></xml>', '</xml>',
    inside('text'), inside('<![CDATA[x]]>'), inside('<a>'), inside('</a>'), inside('<a></b>'), inside('<a'), inside('<a/'), inside('<>'),
    inside('<ToUserName>a'), inside('<ToUserName>a</AgentID>'), inside('<ToUserName><b>a</b></ToUserName>'), inside('<ToUserName>a<b/></ToUserName>'),
    inside('<ToUserName x="1">a</ToUserName>'), inside('<a x="1"/>'), '<xml xmlns="urn:x"></xml>', inside('<w:ToUserName>a</w:ToUserName>'),
    '<!DOCTYPE xml><xml/>', '<!DOCTYPE xml [<!ENTITY a "b">]><xml/>', '<!-- --><xml/>', inside('<!-- --><AgentID>1</AgentID>'),
    inside('<AgentID>1<!-- -->2</AgentID>'), '<xml/><!-- -->', inside('<?pi x?>'), '<?pi x?><xml/>', ' <?xml version="1.0"?><xml/>',
    '<?xml version="1.1"?><xml/>', '<?xml version="1.0" encoding="GBK"?><xml/>', '<?xml version="1.0" encoding="UTF-16"?><xml/>', '<?xml?><xml/>',
    inside('<AgentID>&#49;</AgentID>'), inside('<AgentID>&#x31;</AgentID>'), inside('<AgentID>&x;</AgentID>'), inside('<AgentID>&</AgentID>'),
    inside('<AgentID>&ampx</AgentID>'), inside('<AgentID>&amp</AgentID>'), inside('<Other>&x;</Other>'), inside('<AgentID>]]></AgentID>'),
    inside('<AgentID><![CDATA[1</AgentID>'), inside('<AgentID><![cdata[1]]></AgentID>'), inside('<AgentID>\u0001</AgentID>'), inside('<AgentID>\0</AgentID>'),
    inside('<AgentID>\ufffe</AgentID>'), '\ufeff<xml/>', inside(nested(DEEPEST_XML)), inside('<a>'.repeat(100_000)),
    Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), Buffer.from('<xml/>', 'utf16le'), inside('<1a/>'), inside('< a/>'), inside('<a/ >'), inside('<a></ a>'),
  ]; // biome-ignore format: one kind beside the other
  for (const body of refused) {
    it(`is refused with a reason: ${JSON.stringify(body.toString()).slice(0, 70)}`, () => {
      const result = read(body);
      assert.equal(result.outcome, 'invalid');
      assert.ok(result.outcome === 'invalid' && result.detail.length > 0);
    });
  }
});

describe('the XML reader', () => {
  const fragment = fc.constantFrom(
    '<ToUserName>', '</ToUserName>', '<ToUserName/>', '<AgentID>', '</AgentID>', '<a>', '</a>', '<![CDATA[', ']]>',
    '&amp;', '&', ';', '<', '>', '/', '!', '?', ' ', '\n', 'x', '<!--', '-->', '<?xml version="1.0"?>', '<!DOCTYPE a>', '"', '=',
  ); // biome-ignore format: one beside the other

  /** Without the elements within elements. */
  const withoutInner = (body: string): string => {
    const less = body.replace(/<a>(?:(?!<\/?a>).)*<\/a>/gs, '');
    return less === body ? body : withoutInner(less);
  };

  it('throws at nothing, and takes no wanted element twice', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 20 }), (parts) => {
        const body = inside(parts.join(''));
        if (read(body).outcome !== 'read') return;
        const shallow = withoutInner(body.replace(/<!\[CDATA\[.*?\]\]>/gs, ''));
        for (const name of WANTED) {
          assert.ok(shallow.split(new RegExp(`<${name}/?>`)).length <= 2, body);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it('throws at no bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        assert.notEqual(readXml(Buffer.from(bytes), WANTED).outcome, undefined);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads what was written, however it was written', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '1', '&', '<', '>', '"', "'", 'é', ' ', ']') });
    const escaped = (value: string) =>
      value.replace(
        /[&<>"']/g,
        (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? '&apos;',
      );
    const written = (value: string, cdata: boolean) =>
      cdata && !value.includes(']]>') ? `<![CDATA[${value}]]>` : escaped(value);
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(fc.constantFrom('ToUserName', 'AgentID', 'Encrypt', 'x'), text, fc.boolean()),
          {
            selector: ([name]) => name,
          },
        ),
        (elements) => {
          const body = inside(
            elements.map(([name, value, cdata]) => `<${name}>${written(value, cdata)}</${name}>`).join('\n'),
          );
          const expected = elements
            .filter(([name]) => WANTED.has(name))
            .map(([name, value]) => [name, value]);
          assert.deepEqual(values(body), Object.fromEntries(expected));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('calls any document ambiguous in which a wanted element is repeated at the root', () => {
    const other = fc.constantFrom('<a>x</a>', '<b/>', '<AgentID>1</AgentID>', '\n');
    fc.assert(
      fc.property(fc.uniqueArray(other), fc.uniqueArray(other), (before, after) => {
        const twice = '<ToUserName>a</ToUserName>';
        const between = after.filter((one) => !before.includes(one));
        assert.equal(read(inside([...before, twice, ...between, twice].join(''))).outcome, 'ambiguous');
      }),
    );
  });
});
