import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileJsonReads, DEEPEST_JSON, type JsonRead, readJson } from '../../../src/routing/body/json.ts';

const reads = compileJsonReads([
  '',
  '/id',
  '/a/b',
  '/list/0/id',
  '/list/2',
  '/a~1b/m~0n',
  '/',
  '/__proto__/id',
]);

function read(body: string | readonly number[]): JsonRead {
  return readJson(typeof body === 'string' ? Buffer.from(body) : Buffer.from(body), reads);
}

function text(body: string, pointer: string): string | undefined {
  const result = read(body);
  assert.equal(result.outcome, 'read', body);
  return result.outcome === 'read' ? result.fields.text(pointer) : undefined;
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

function nestedObjects(depth: number): string {
  return `${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`;
}

describe('the values of a JSON body', () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['{"id":"x"}', '/id', 'x'],
    [' \t\r\n{ "id"\n:\t"x" , "other" : [ 1 , { } ] } \n', '/id', 'x'],
    ['{"other":{"id":"no"},"id":"x"}', '/id', 'x'],
    ['{"\\u0069d":"x"}', '/id', 'x'],
    ['{"id":"\\u0078\\n\\"\\\\\\/\\b\\f\\r\\t"}', '/id', 'x\n"\\/\b\f\r\t'],
    ['{"id":"\\ud83d\\ude00 😀 é"}', '/id', '😀 😀 é'],
    ['{"id":""}', '/id', ''],
    ['{"id":7}', '/id', undefined],
    ['{"id":["x"]}', '/id', undefined],
    ['{}', '/id', undefined],
    ['{"a":{"b":"x"}}', '/a/b', 'x'],
    ['{"a":"b"}', '/a/b', undefined],
    ['{"a":[{"b":"x"}]}', '/a/b', undefined],
    ['{"list":[{"id":"x"},{"id":"no"}]}', '/list/0/id', 'x'],
    ['{"list":[{"id":"no"},0,"x"]}', '/list/2', 'x'],
    ['{"list":{"0":{"id":"x"}}}', '/list/0/id', 'x'],
    ['{"list":[]}', '/list/0/id', undefined],
    ['{"a/b":{"m~n":"x"}}', '/a~1b/m~0n', 'x'],
    ['{"":"x"}', '/', 'x'],
    ['{"__proto__":{"id":"x"}}', '/__proto__/id', 'x'],
    ['{"constructor":{"id":"no"}}', '/__proto__/id', undefined],
    ['"x"', '', 'x'],
    ['"x"', '/id', undefined],
  ];
  for (const [body, pointer, expected] of cases) {
    it(`${JSON.stringify(pointer)} of ${body} is ${JSON.stringify(expected)}`, () => {
      assert.equal(text(body, pointer), expected);
    });
  }

  it('are found behind a long text with and without escapes', () => {
    for (const filler of [
      'x'.repeat(5000),
      'é'.repeat(3000),
      'line\n'.repeat(900),
      `${'x'.repeat(300)}"`.repeat(9),
    ]) {
      assert.equal(text(JSON.stringify({ other: filler, id: 'x' }), '/id'), 'x');
      assert.equal(text(JSON.stringify({ id: filler }), '/id'), filler);
    }
  });

  it('have their kinds reported', () => {
    const kinds = { s: '"x"', n: '-1.5e3', t: 'true', f: 'false', z: 'null', o: '{}', a: '[]' };
    const pointers = compileJsonReads([...Object.keys(kinds).map((key) => `/${key}`), '/none']);
    const body = `{${Object.entries(kinds)
      .map(([key, value]) => `"${key}":${value}`)
      .join(',')}}`;
    const result = readJson(Buffer.from(body), pointers);
    assert.equal(result.outcome, 'read');
    if (result.outcome !== 'read') return;
    const { fields } = result;
    assert.deepEqual(
      ['/s', '/n', '/t', '/f', '/z', '/o', '/a', '/none'].map((pointer) => fields.kind(pointer)),
      ['string', 'number', 'true', 'false', 'null', 'object', 'array', undefined],
    );
  });

  it('are given only for declared pointers', () => {
    const result = read('{"id":"x","other":"y"}');
    assert.ok(result.outcome === 'read');
    assert.throws(() => result.fields.text('/other'), /declared/);
  });

  it('are read from a body that lies inside a larger buffer', () => {
    const around = Buffer.from('"garbage{"id":"inner"}garbage"');
    const result = readJson(around.subarray(8, 22), reads);
    assert.equal(result.outcome === 'read' && result.fields.text('/id'), 'inner');
  });

  it('are asked for by pointers alone', () => {
    assert.throws(() => compileJsonReads(['id']), /pointer/);
    assert.throws(() => compileJsonReads(['/a~2']), /pointer/);
  });
});

// The kinds of https://github.com/nst/JSONTestSuite: what every parser takes, none may take, or some take.
describe('JSON that every parser accepts', () => {
  const accepted: readonly string[] = [
    '[]', '[[]   ]', '[""]', '["a"]', '[false]', '[true]', '[null]', '[null, 1, "1", {}]', ' [1]', '[1\n]', '[2] ',
    '[123]', '[123e65]', '[0e+1]', '[0e1]', '[ 4]', '[-0]', '[-1]', '[1E22]', '[1E-2]', '[1E+2]', '[123e45]',
    '[123.456e78]', '[123.456789]', '[-0.000000000000000000000000001]', '[20e1]', '[1.0]', '[0.1]', '[1e400]',
    '{"o":"b","o":"c"}', '{"o":"b","o":"b"}', '{"":0}', '{}', '{"foo\\u0000bar": 42}', '{"min": -1.0e+28}',
    '{"a":[]}', '{\n"a": "b"\n}', '["\\u0060\\u012a\\u12AB"]', '["\\uD801\\udc37"]', '["\\""]', '["\\\\u0000"]',
    '["\\u0000"]', '["\\uDBFF\\uDFFF"]', '["\\uFFFF"]', '["a/*b*/c/*d//e"]', '[" "]', '["\u007f"]', '["￿"]',
    '["\u2028\u2029"]', '["\\uD800"]', '["\\uDC00\\uD800"]', '"x"', '0', '-1.5', 'true', 'false', 'null', '""',
    '\n\t "x"\r\n', '[\n\t\r ]', '[1,2,\n3]', '{"a" :\t1}', `[${'1'.repeat(4300)}]`, nested(DEEPEST_JSON), nestedObjects(DEEPEST_JSON),
  ]; // biome-ignore format: one kind beside the other
  for (const body of accepted) {
    it(`is read: ${body.slice(0, 60)}`, () => {
      assert.doesNotThrow(() => JSON.parse(body));
      assert.equal(read(body).outcome, 'read');
    });
  }
});

describe('JSON that some parser does not take', () => {
  const refused: readonly (string | readonly number[])[] = [
    '', ' ', '[', ']', '{', '}', '[1', '[1,', '[1,]', '[,1]', '[1,,2]', '[1 2]', '[1:2]', '["a",\n4\n,1,', '[""',
    '["a"', '["a', '["a\\', '["\\', '"', '"\\u00', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{,"a":1}',
    '{"a" 1}', '{"a",1}', '{"a"::1}', '{a:1}', "{'a':1}", '{1:1}', '{null:1}', '{"a":1 "b":2}', '{"a":1}}', '[1]]',
    '[1]x', '[1],', '{}#', '{}/**/', '[1]//', '/**/[1]', '{"a":/*x*/1}', '1 2', 'truex', 'tru', 'nul', 'nuul',
    'fals', 'falsy', 'True', 'TRUE', 'None', 'undefined', 'NaN', '[NaN]', '[-NaN]', 'Infinity', '[-Infinity]',
    '[Inf]', '[+1]', '[++1]', '[01]', '[-01]', '[00]', '[-]', '[--1]', '[- 1]', '[.5]', '[-.5]', '[1.]', '[1.e1]',
    '[1.5.5]', '[1e]', '[1e+]', '[1E-]', '[1eE2]', '[1e1.5]', '[0x1]', '[1_000]', '[1a]', '[１]', '["\\x00"]',
    '["\\a"]', '["\\u00A"]', '["\\u00G0"]', '["\\U0000"]', '["\\ud83d\\u"]', '["\\ "]', '["\\é"]', "['a']", '[`a`]',
    '["a\u0000b"]', '["a\nb"]', '["a\tb"]', '["a\u001fb"]', `["${'a'.repeat(200)}\u0001${'a'.repeat(200)}"]`,
    '["a\rb"]', '[\u000c]', '[\u000b1]', '[\u00a0]', '[\u2060]', '[\u0000]', '\ufeff[]', '\ufeff', '*', '<a>', '⍂',
    `[${'1'.repeat(4301)}]`, nested(DEEPEST_JSON + 1), nestedObjects(DEEPEST_JSON + 1), '['.repeat(100_000), '[{"":'.repeat(50_000),
    [0xff, 0xfe, 0x5b, 0, 0x5d, 0], [0xfe, 0xff, 0, 0x5b, 0, 0x5d], [0x5b, 0, 0x5d, 0], [0, 0x5b, 0, 0x5d],
    [0xef, 0xbb, 0xbf, 0x7b, 0x7d], [0xef, 0xbb, 0xbf], [0x5b, 0x22, 0xff, 0x22, 0x5d], [0xe9],
    [0x5b, 0x22, 0x81, 0x22, 0x5d], [0x5b, 0x22, 0xc0, 0xaf, 0x22, 0x5d], [0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d],
    [0x5b, 0x22, 0xf4, 0xbf, 0xbf, 0xbf, 0x22, 0x5d], [0x5b, 0x22, 0xe6, 0x97, 0x22, 0x5d],
    [0x5b, 0x22, 0xe0, 0xff, 0x22, 0x5d], [0x7b, 0x22, 0x62, 0xe9, 0x22, 0x3a, 0x31, 0x7d], [0x31, 0xff],
  ]; // biome-ignore format: one kind beside the other
  for (const body of refused) {
    it(`is refused with a reason: ${JSON.stringify(body).slice(0, 60)}`, () => {
      const result = read(body);
      assert.equal(result.outcome, 'invalid');
      assert.ok(result.outcome === 'invalid' && result.detail.length > 0);
    });
  }

  const halves = [
    '\\ud800',
    '\\udc00',
    '\\ud800x',
    '\\ud800\\ud800',
    '\\udc00\\ud800',
    '\\ud83dé',
    '\\ud800\\n',
  ];
  for (const half of halves) {
    it(`is refused for half a surrogate pair where it would be compared: ${half}`, () => {
      assert.equal(read(`{"id":"${half}"}`).outcome, 'invalid');
      assert.equal(read(`{"${half}":1}`).outcome, 'invalid');
      assert.equal(read(`{"other":{"${half}":1}}`).outcome, 'invalid');
    });

    it(`is read with half a surrogate pair elsewhere: ${half}`, () => {
      assert.equal(read(`{"other":"${half}"}`).outcome, 'read');
    });
  }
});

describe('a repeated key', () => {
  const ambiguous = [
    '{"id":"x","id":"x"}', '{"id":"x","\\u0069d":"y"}', '{"\\u0069\\u0064":1,"id":"y"}', '{"id":null,"id":"y"}',
    '{"a":1,"a":{"b":"x"}}', '{"a":{"b":"x"},"o":1,"a":1}', '{"a":{"b":"x","b":"y"}}', '{"a":{"b":1,"\\u0062":"y"}}',
    '{"list":[{"id":"x","id":"y"}]}', '{"list":[],"list":[{"id":"x"}]}', '{"":1,"":2}',
    '{"__proto__":1,"__proto__":{"id":"x"}}', '{"a\\/b":1,"a/b":2}', '{"Id":1,"id":"x"}', '{"id":1,"I\\u0064":"x"}',
    '{"iD":1,"Id":2}', '{"A":{},"a":{"b":"x"}}', '{"__PROTO__":1,"__proto__":{"id":"x"}}',
  ]; // biome-ignore format: one case beside the other
  for (const body of ambiguous) {
    it(`on the way to a wanted value is ambiguous: ${body}`, () => {
      assert.equal(read(body).outcome, 'ambiguous');
    });
  }

  it('is ambiguous in any case, also where each of them is wanted', () => {
    const both = compileJsonReads(['/id', '/ID']);
    assert.equal(readJson(Buffer.from('{"id":"x","ID":"y"}'), both).outcome, 'ambiguous');
    const result = readJson(Buffer.from('{"ID":"y"}'), both);
    assert.ok(result.outcome === 'read');
    assert.deepEqual([result.fields.text('/id'), result.fields.text('/ID')], [undefined, 'y']);
  });

  const harmless = [
    '{"o":1,"o":2,"id":"x"}', '{"o":{"id":1,"id":2}}', '{"a":{"c":1,"c":2,"b":"x"}}', '{"list":[0,{"id":1,"id":2}]}',
    '{"list":[{"o":1,"o":1}]}', '{"id":{"id":1,"id":2}}', '{"Id":1,"other":"x"}', '{"İd":1,"id":"x"}', '{"a@b":1,"a`b":2}',
  ]; // biome-ignore format: one case beside the other
  for (const body of harmless) {
    it(`elsewhere is of no concern: ${body}`, () => {
      assert.equal(read(body).outcome, 'read');
    });
  }
});
