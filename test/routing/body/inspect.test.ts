import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compileBodyReads, inspect } from '../../../src/routing/body/inspect.ts';
import { factsOf } from '../../../src/routing/facts.ts';
import type { DeliveryFacts } from '../../../src/routing/platform.ts';
import { platforms } from '../../../src/routing/platforms/index.ts';
import { FORM_TYPE, JSON_TYPE, XML_TYPE } from '../support.ts';

const reads = compileBodyReads(platforms);

function outcome(contentType: string | undefined, body: string | Buffer, contentEncoding?: string): string {
  const inspection = inspect({ contentType, contentEncoding }, Buffer.from(body), reads);
  return inspection.outcome === 'refused' ? inspection.code : inspection.outcome;
}

describe('a body', () => {
  const cases: readonly (readonly [string, string, () => string])[] = [
    ['JSON', 'fields', () => outcome(JSON_TYPE, '{}')],
    ['JSON in UTF-8, said so', 'fields', () => outcome('application/json; charset="UTF-8"', '{}')],
    ['JSON by suffix', 'fields', () => outcome('application/activity+json', '{}')],
    ['a form', 'fields', () => outcome(FORM_TYPE, 'a=1')],
    [
      'JSON in UTF-8, said without its hyphen',
      'fields',
      () => outcome('application/json; charset=utf8', '{}'),
    ],
    ['JSON in UTF-8, said without its parameter', 'fields', () => outcome('application/json; utf-8', '{}')],
    ['an identity encoding', 'fields', () => outcome(JSON_TYPE, '{}', 'Identity')],
    ['an empty encoding', 'fields', () => outcome(JSON_TYPE, '{}', '')],
    ['XML', 'fields', () => outcome(XML_TYPE, '<xml><AgentID>1</AgentID></xml>')],
    ['XML by its other name', 'fields', () => outcome('application/xml', '<xml></xml>')],
    ['XML in UTF-8, said so', 'fields', () => outcome('text/xml; charset=UTF-8', '<xml></xml>')],
    ['XML by suffix', 'unreadable', () => outcome('application/soap+xml', '<xml></xml>')],
    ['plain text', 'unreadable', () => outcome('text/plain', '{}')],
    ['plain text, encoded', 'unreadable', () => outcome('text/plain', '{}', 'gzip')],
    ['no body and no Content-Type', 'unreadable', () => outcome(undefined, '')],
    ['a body without a Content-Type', 'GWPROXY_BODY_INVALID', () => outcome(undefined, '{}')],
    ['a broken Content-Type', 'GWPROXY_BODY_INVALID', () => outcome('application/json; charset', '{}')],
    [
      'an empty body with a broken Content-Type',
      'unreadable',
      () => outcome('application/json; charset', ''),
    ],
    ['an empty form', 'unreadable', () => outcome(FORM_TYPE, '')],
    ['an empty JSON body', 'unreadable', () => outcome(JSON_TYPE, '')],
    ['an empty XML body', 'unreadable', () => outcome(XML_TYPE, '')],
    ['an empty body, encoded', 'unreadable', () => outcome(JSON_TYPE, '', 'gzip')],
    ['an empty body in Latin-1', 'unreadable', () => outcome('application/json; charset=iso-8859-1', '')],
    ['JSON of blanks', 'GWPROXY_BODY_INVALID', () => outcome(JSON_TYPE, ' ')],
    ['broken JSON', 'GWPROXY_BODY_INVALID', () => outcome(JSON_TYPE, '{')],
    [
      'a repeated routing key',
      'GWPROXY_AMBIGUOUS_KEY',
      () => outcome(JSON_TYPE, '{"team_id":"a","team_id":"b"}'),
    ],
    ['a repeated routing field', 'GWPROXY_AMBIGUOUS_KEY', () => outcome(FORM_TYPE, 'team_id=a&team_id=b')],
    ['a broken payload', 'GWPROXY_BODY_INVALID', () => outcome(FORM_TYPE, 'payload={')],
    ['a repeated payload', 'GWPROXY_AMBIGUOUS_KEY', () => outcome(FORM_TYPE, 'payload={}&payload={}')],
    [
      'a repeated key in a payload',
      'GWPROXY_AMBIGUOUS_KEY',
      () => outcome(FORM_TYPE, 'payload={"team":1,"t%65am":2}'),
    ],
    ['broken XML', 'GWPROXY_BODY_INVALID', () => outcome(XML_TYPE, '<xml>')],
    [
      'a repeated routing element',
      'GWPROXY_AMBIGUOUS_KEY',
      () => outcome(XML_TYPE, '<xml><AgentID></AgentID><AgentID></AgentID></xml>'),
    ],
    ['XML in GBK', 'GWPROXY_ENCODING', () => outcome('text/xml; charset=gbk', '<xml></xml>')],
    ['gzip', 'GWPROXY_ENCODING', () => outcome(JSON_TYPE, gzipSync('{}'), 'gzip')],
    ['two encodings', 'GWPROXY_ENCODING', () => outcome(JSON_TYPE, '{}', 'identity, gzip')],
    ['Latin-1', 'GWPROXY_ENCODING', () => outcome('application/json; charset=iso-8859-1', '{}')],
    ['a form in UTF-16', 'GWPROXY_ENCODING', () => outcome(`${FORM_TYPE}; charset=utf-16`, 'a=1')],
  ];
  for (const [name, expected, run] of cases) {
    it(`is ${expected}: ${name}`, () => assert.equal(run(), expected));
  }

  it('that is refused for its charset or encoding names it, where that is a name', () => {
    const detail = (contentType: string, encoding?: string) => {
      const inspection = inspect({ contentType, contentEncoding: encoding }, Buffer.from('{}'), reads);
      return inspection.outcome === 'refused' ? inspection.detail : inspection.outcome;
    };
    assert.equal(
      detail('application/json; charset=ISO-8859-1'),
      'a body with charset iso-8859-1 cannot be routed; it must be UTF-8',
    );
    assert.equal(detail(JSON_TYPE, 'br'), 'a body with Content-Encoding br cannot be routed');
    const odd = detail('application/json; charset="a\\"b secret"');
    assert.equal(odd, 'a body with an unknown charset cannot be routed; it must be UTF-8');
  });

  it('gives JSON fields only for JSON and form fields only for a form', () => {
    const inspected = (contentType: string, body: string) => {
      const inspection = inspect({ contentType, contentEncoding: undefined }, Buffer.from(body), reads);
      assert.ok(inspection.outcome === 'fields');
      return inspection.fields;
    };
    const json = inspected(JSON_TYPE, '{"team_id":"T0AAAAAAA1"}');
    assert.equal(json.text('/team_id'), 'T0AAAAAAA1');
    assert.equal(json.kind('/team_id', 'payload'), undefined);
    assert.equal(json.form('team_id'), undefined);
    const form = inspected(FORM_TYPE, 'team_id=T0AAAAAAA1&payload={"team":"T0AAAAAAA2"}');
    assert.equal(form.form('team_id'), 'T0AAAAAAA1');
    assert.equal(form.text('/team', 'payload'), 'T0AAAAAAA2');
    assert.equal(form.text('/team_id'), undefined);
    assert.equal(form.element('AgentID'), undefined);
    assert.deepEqual(form.each('/entry'), []);
    const xml = inspected(XML_TYPE, '<xml><AgentID>1</AgentID></xml>');
    assert.equal(xml.element('AgentID'), '1');
    assert.equal(xml.text('/team_id'), undefined);
    assert.equal(xml.kind('/team_id'), undefined);
    assert.equal(xml.number('/installation/id'), undefined);
    assert.equal(xml.form('team_id'), undefined);
    assert.deepEqual(xml.each('/entry'), []);
  });

  it('gives the digits of a number, in JSON and in the JSON of a form', () => {
    const inspected = (contentType: string, body: string) => {
      const inspection = inspect({ contentType, contentEncoding: undefined }, Buffer.from(body), reads);
      assert.ok(inspection.outcome === 'fields');
      return inspection.fields;
    };
    const id = '{"installation":{"id":12345678901234567890}}';
    assert.equal(inspected(JSON_TYPE, id).number('/installation/id'), '12345678901234567890');
    assert.equal(inspected(JSON_TYPE, id).number('/installation/id', 'payload'), undefined);
    assert.equal(
      inspected(FORM_TYPE, `payload=${id}`).number('/installation/id', 'payload'),
      '12345678901234567890',
    );
    assert.equal(inspected(FORM_TYPE, `payload=${id}`).number('/installation/id'), undefined);
    assert.equal(inspected(JSON_TYPE, '{"installation":{"id":"1"}}').number('/installation/id'), undefined);
  });
});

describe('a platform', () => {
  for (const platform of platforms) {
    it(`asks for nothing that it did not declare: ${platform.name}`, () => {
      const own = compileBodyReads([platform]);
      const head = {
        method: 'POST',
        path: '/',
        query: '',
        host: 'bots.example.com',
        header: () => undefined,
      };
      const bodies = [
        [JSON_TYPE, '{}'],
        [JSON_TYPE, '{"type":"url_verification"}'],
        [JSON_TYPE, '{"type":"event_callback","authorizations":[{}]}'],
        [JSON_TYPE, '{"recipient":{}}'],
        [FORM_TYPE, '='],
        [FORM_TYPE, 'payload={}'],
        [FORM_TYPE, 'payload={"type":"x","team":null,"enterprise":"x"}'],
        [FORM_TYPE, 'command=x'],
        [JSON_TYPE, '{"object":"page","entry":[{"id":"1","changes":[{}],"messaging":[{}]}]}'],
        [JSON_TYPE, '{"value":[{}]}'],
        [JSON_TYPE, '{"events":[{"source":{}}]}'],
        [JSON_TYPE, '{"event":"created","type":"event_callback"}'],
        [JSON_TYPE, '{"object":"page","entry":[{"changes":[{"value":{"messages":[{}],"statuses":[{}]}}]}]}'],
        [JSON_TYPE, '{"header":{},"event":{},"payload":{},"data":{},"schema":"2.0"}'],
      ] as const;
      for (const [contentType, body] of bodies) {
        const inspection = inspect({ contentType, contentEncoding: undefined }, Buffer.from(body), own);
        assert.ok(inspection.outcome === 'fields');
        const { fields } = inspection;
        platform.recognises(head, fields);
        platform.deliveries(head, fields);
        platform.handshake(head, fields);
        platform.unmatched(head, fields);
        platform.deadline(head, fields);
        platform.synchronous(head, fields);
        readAll(factsOf({ ...platform, synchronous: () => false }, head, fields));
        platform.deliveries(head, null);
        platform.handshake(head, null);
        platform.unmatched(head, null);
        platform.deadline(head, null);
        platform.synchronous(head, null);
        readAll(factsOf({ ...platform, synchronous: () => false }, head, null));
      }
    });
  }
});

function readAll({ spoolable, acknowledgement, dedupKey, orderKey }: DeliveryFacts): unknown {
  return [spoolable, acknowledgement, dedupKey, orderKey];
}
