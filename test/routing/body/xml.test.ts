import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readXml } from '../../../src/routing/body/xml.ts';

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

describe('the values of an XML envelope', () => {
  const to = (text: string) => inside(`<ToUserName>${text}</ToUserName>`);
  const cases: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    [
      'as WeCom writes them',
      inside(
        '<ToUserName><![CDATA[wwAAAAAAAAAAAAAAAA]]></ToUserName><Encrypt><![CDATA[AAAA==]]></Encrypt><AgentID><![CDATA[1000002]]></AgentID>',
      ),
      { ToUserName: 'wwAAAAAAAAAAAAAAAA', AgentID: '1000002' },
    ],
    [
      'on lines of their own',
      '<xml> \n\t<ToUserName><![CDATA[ww1]]></ToUserName>\r\n\t<AgentID><![CDATA[]]></AgentID>\r\n</xml>\n',
      { ToUserName: 'ww1', AgentID: '' },
    ],
    ['as text', to('ww1'), { ToUserName: 'ww1' }],
    ['with the white space within', to(' a\n'), { ToUserName: ' a\n' }],
    ['empty', inside('<ToUserName></ToUserName>'), { ToUserName: '' }],
    ['beside others', inside('<Other>x</Other><ToUserName>a</ToUserName>'), { ToUserName: 'a' }],
    ['not in another case', inside('<tousername>a</tousername>'), {}],
    ['none', '<xml></xml>', {}],
    [
      'after a declaration',
      '<?xml version="1.0" encoding="UTF-8"?>\n<xml><AgentID>1</AgentID></xml>',
      { AgentID: '1' },
    ],
    ['after a declaration in single quotes', "<?xml version='1.0' encoding='utf-8'?><xml></xml>", {}],
    [
      'after one with all it may say',
      '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?><xml></xml>',
      {},
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
    '<ToUserName>a</ToUserName><Other></Other><ToUserName></ToUserName>',
    '<ToUserName></ToUserName><ToUserName><![CDATA[a]]></ToUserName>',
  ];
  for (const content of ambiguous) {
    it(`is ambiguous where a wanted element is repeated: ${content}`, () => {
      assert.equal(read(inside(content)).outcome, 'ambiguous');
    });
  }

  const refused: readonly (string | Buffer)[] = [
    // Broken, or around the root element.
    '', ' ', 'x', '<', '<xml', '<xml>', '<xml></xm>', '<xml></xml', '<xml></xml><xml></xml>', '<xml></xml>x', 'x<xml></xml>', '</xml>',
    '<message><AgentID>1</AgentID></message>', '<XML></XML>', '<xml/>', '<xml ></xml>', '<xml></xml >', '<xml xmlns="urn:x"></xml>', '\ufeff<xml></xml>',
    // Elements.
    inside('text'), inside('<![CDATA[x]]>'), inside('<a>'), inside('</a>'), inside('<a></b>'), inside('<a'), inside('<a/>'), inside('<a />'), inside('<>'),
    inside('<1a></1a>'), inside('< a></a>'), inside('<a ></a>'), inside('<a></ a>'), inside('<a></a >'), inside('<a x="1"></a>'), inside('<w:a></w:a>'),
    inside('<ToUserName>a'), inside('<ToUserName>a</AgentID>'), inside('<ToUserName><b>a</b></ToUserName>'), inside('<Other><ToUserName>a</ToUserName></Other>'),
    inside('<a>'.repeat(100_000)), inside(`<${'a'.repeat(65)}></${'a'.repeat(65)}>`),
    // Comments, instructions, declarations.
    '<!DOCTYPE xml><xml></xml>', '<!DOCTYPE xml [<!ENTITY a "b">]><xml></xml>', '<!-- --><xml></xml>', '<xml></xml><!-- -->', '<?pi x?><xml></xml>',
    inside('<!-- --><AgentID>1</AgentID>'), inside('<AgentID>1<!-- -->2</AgentID>'), inside('<?pi x?>'), '<?xml version="1.0\'?><xml></xml>', ' <?xml version="1.0"?><xml></xml>', '<?xml?><xml></xml>',
    '<?xml version="1.1"?><xml></xml>', '<?xml version="1.0" encoding="GBK"?><xml></xml>', '<?xml version="1.0" encoding="UTF-16"?><xml></xml>',
    // Text and CDATA.
    inside('<AgentID>&#49;</AgentID>'), inside('<AgentID>&amp;</AgentID>'), inside('<AgentID>&x;</AgentID>'), inside('<AgentID>&</AgentID>'), inside('<Other>&x;</Other>'),
    inside('<AgentID>]]></AgentID>'), inside('<AgentID>></AgentID>'), inside('<AgentID><![CDATA[1</AgentID>'), inside('<AgentID><![cdata[1]]></AgentID>'),
    inside('<AgentID><![CDATA[1]]>2</AgentID>'), inside('<AgentID>1<![CDATA[2]]></AgentID>'), inside('<AgentID><![CDATA[1]]><![CDATA[2]]></AgentID>'), inside('<AgentID> <![CDATA[1]]></AgentID>'),
    inside('<AgentID><![CDATA[1&2]]></AgentID>'), inside('<Encrypt><![CDATA[</Encrypt><ToUserName>b</ToUserName>]]></Encrypt>'),
    // Characters.
    inside('<AgentID>\u0001</AgentID>'), inside('<AgentID>\0</AgentID>'), inside('<AgentID>\ufffe</AgentID>'),
    Buffer.from([...Buffer.from('<xml><a>'), 0xff, ...Buffer.from('</a></xml>')]), Buffer.from('<xml></xml>', 'utf16le'),
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
  const NAMES = ['ToUserName', 'AgentID', 'Encrypt', 'x'] as const;
  const SPACE = fc.constantFrom('', '', ' ', '\r\n\t');
  const VALUE = fc.string({
    unit: fc.constantFrom('a', '1', '=', '"', "'", '/', '!', 'é', '😀', ' ', '\n'),
    maxLength: 8,
  });
  /** The pieces of an envelope, each a string, so that a test can drop, repeat and swap them. */
  const PIECES = fc
    .array(fc.tuple(fc.constantFrom(...NAMES), VALUE, fc.boolean(), SPACE), { maxLength: 5 })
    .map((elements) => [
      '<xml>',
      ...elements.flatMap(([name, value, cdata, space]) => [
        space,
        `<${name}>`,
        ...(cdata ? ['<![CDATA[', value, ']]>'] : [value]),
        `</${name}>`,
      ]),
      '</xml>',
    ]);
  const STRAY = fc.constantFrom(
    '<xml>', '</xml>', '<ToUserName>', '</ToUserName>', '<ToUserName/>', '<AgentID>', '</AgentID>', '<x>', '</x>', '<![CDATA[', ']]>',
    '&amp;', '&', '<', '>', ']', '/', ' ', 'x', '\u0001', '<!--', '-->', '<?xml version="1.0"?>', '<!DOCTYPE xml>',
  ); // biome-ignore format: one beside the other

  /** The whole grammar as one expression: a plain model of what the reader reads in steps. */
  const TEXT = '[^<>&\\]\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]*';
  const ELEMENT = `<(?<name>[A-Za-z_][\\w.-]*)>(?:<!\\[CDATA\\[(${TEXT})\\]\\]>|(${TEXT}))</\\k<name>>`;
  const ENVELOPE = new RegExp(
    `^(?:<\\?xml version="1\\.0"\\?>)?\\s*<xml>((?:\\s*${ELEMENT})*)\\s*</xml>\\s*$`,
  );
  function model(body: string): string {
    const content = ENVELOPE.exec(body)?.[1];
    if (content === undefined) return 'refused';
    const found = [...content.matchAll(new RegExp(ELEMENT, 'g'))]
      .map(([, name = '', cdata, text = '']) => [name, cdata ?? text] as const)
      .filter(([name]) => WANTED.has(name));
    const isRepeated = new Set(found.map(([name]) => name)).size < found.length;
    return isRepeated ? 'refused' : JSON.stringify(found);
  }

  function outcome(body: string): string {
    const result = read(body);
    return result.outcome === 'read' ? JSON.stringify([...result.values]) : 'refused';
  }

  it('reads what its grammar, written as one expression, reads, and refuses all else', () => {
    let isRead = 0;
    let isRefused = 0;
    fc.assert(
      fc.property(
        PIECES,
        fc.array(fc.record({ at: fc.nat(), drop: fc.boolean(), insert: fc.option(STRAY) }), { maxLength: 2 }),
        (pieces, edits) => {
          const edited = [...pieces];
          for (const { at, drop, insert } of edits) {
            edited.splice(at % (edited.length + 1), drop ? 1 : 0, ...(insert === null ? [] : [insert]));
          }
          const body = edited.join('');
          const expected = model(body);
          assert.equal(outcome(body), expected, body);
          if (expected === 'refused') isRefused += 1;
          else isRead += 1;
        },
      ),
      { numRuns: 20_000 },
    );
    assert.ok(isRead > 2000 && isRefused > 2000, `${isRead} read, ${isRefused} refused`);
  });

  it('throws at no bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        assert.notEqual(readXml(Buffer.from(bytes), WANTED).outcome, undefined);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads an element in the same way whether a gateway parses the body or searches it', () => {
    fc.assert(
      fc.property(PIECES, (pieces) => {
        const body = pieces.join('');
        const result = read(body);
        if (result.outcome !== 'read') return;
        for (const [name, value] of result.values) {
          const found = [
            ...body.matchAll(new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, 'gs')),
          ];
          assert.deepEqual(
            found.map(([, text]) => text),
            [value],
          );
        }
      }),
    );
  });

  it('calls any envelope ambiguous in which a wanted element is repeated', () => {
    const other = fc.constantFrom('<a>x</a>', '<b></b>', '<AgentID>1</AgentID>', '\n');
    fc.assert(
      fc.property(fc.uniqueArray(other), fc.uniqueArray(other), (before, after) => {
        const twice = '<ToUserName>a</ToUserName>';
        const between = after.filter((one) => !before.includes(one));
        assert.equal(read(inside([...before, twice, ...between, twice].join(''))).outcome, 'ambiguous');
      }),
    );
  });

  it('takes time that grows with the body alone', () => {
    const size = 1 << 20;
    const bodies = [
      inside(`<Encrypt>${'a'.repeat(size)}</Encrypt>`),
      inside('<a></a>'.repeat(size / 7)),
      `<xml>${' '.repeat(size)}`,
      inside(`<Encrypt><![CDATA[${']'.repeat(size)}]]></Encrypt>`),
      `<xml>${'<a>'.repeat(size / 3)}`,
      `<xml></xml>${' '.repeat(size)}x`,
    ];
    for (const body of bodies) {
      const started = performance.now();
      read(body);
      assert.ok(performance.now() - started < 1000, body.slice(0, 40));
    }
  });
});
