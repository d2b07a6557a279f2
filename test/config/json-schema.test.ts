import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { platforms } from '../../src/routing/platforms/index.ts';
import { GOOD } from './good.ts';

type Json = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function map(value: unknown): Json {
  return isMap(value) ? value : {};
}

/** The faults of a value, for the JSON Schema keywords that the config's schema uses; any other keyword is a fault. */
function faults(schema: Json, value: unknown, at = ''): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    const check = CHECKS[keyword];
    return check === undefined ? [`${at}: unknown keyword ${keyword}`] : check(rule, value, at, schema);
  });
}

type Check = (rule: unknown, value: unknown, at: string, schema: Json) => readonly string[];

const nothing: Check = () => [];
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const fault = (broken: boolean, at: string, what: string) => (broken ? [`${at}: ${what}`] : []);

const CHECKS: Readonly<Record<string, Check>> = {
  $schema: nothing,
  description: nothing,
  default: nothing,
  type: (rule, value, at) => {
    const kind = Array.isArray(value) ? 'array' : isMap(value) ? 'object' : typeof value;
    const kinds = Number.isInteger(value) ? ['integer', 'number'] : [kind];
    return fault(![rule].flat().some((name) => kinds.includes(String(name))), at, `is not ${rule}`);
  },
  pattern: (rule, value, at) =>
    fault(typeof value === 'string' && !new RegExp(String(rule), 'u').test(value), at, 'breaks the pattern'),
  minLength: (rule, value, at) =>
    fault(typeof value === 'string' && value.length < Number(rule), at, 'is short'),
  minimum: (rule, value, at) => fault(typeof value === 'number' && value < Number(rule), at, 'is small'),
  maximum: (rule, value, at) => fault(typeof value === 'number' && value > Number(rule), at, 'is big'),
  minItems: (rule, value, at) => fault(Array.isArray(value) && value.length < Number(rule), at, 'is short'),
  const: (rule, value, at) => fault(value !== rule, at, `is not ${rule}`),
  enum: (rule, value, at) => fault(!list(rule).includes(value), at, `is none of ${rule}`),
  required: (rule, value, at) =>
    list(rule).flatMap((name) => fault(isMap(value) && !(String(name) in value), at, `lacks ${name}`)),
  items: (rule, value, at) => list(value).flatMap((item, index) => faults(map(rule), item, `${at}/${index}`)),
  anyOf: (rule, value, at) => {
    const branches = list(rule).map((branch) => faults(map(branch), value, at));
    return branches.some((found) => found.length === 0) ? [] : branches.flat();
  },
  properties: (rule, value, at) =>
    Object.entries(map(rule)).flatMap(([name, inner]) =>
      isMap(value) && name in value ? faults(map(inner), value[name], `${at}/${name}`) : [],
    ),
  propertyNames: (rule, value, at) =>
    Object.keys(map(value)).flatMap((name) => faults(map(rule), name, `${at}/${name}`)),
  additionalProperties: (rule, value, at, schema) =>
    Object.entries(map(value))
      .filter(([name]) => !(name in map(schema['properties'])))
      .flatMap(([name, inner]) =>
        rule === false ? [`${at}/${name}: unknown key`] : faults(map(rule), inner, `${at}/${name}`),
      ),
};

const schema = map(configJsonSchema());
const check = (yaml: string) => faults(schema, parse(yaml, { merge: true }));
const profile = (fields: string) => check(`profiles: {a: {command: node, ${fields}}}`);

test('the JSON Schema accepts a full config', () => {
  assert.deepEqual(check(GOOD['gwproxy.yaml'] ?? ''), []);
});

test('the JSON Schema refuses an unknown key at every level', () => {
  assert.deepEqual(check('listn: 1'), ['/listn: unknown key']);
  assert.deepEqual(profile('comand: x'), ['/profiles/a/comand: unknown key']);
  assert.deepEqual(profile('stop: {gracee: 1s}'), ['/profiles/a/stop/gracee: unknown key']);
  assert.ok(profile('listeners: {x: {prt: 1}}').includes('/profiles/a/listeners/x/prt: unknown key'));
  assert.deepEqual(profile('listeners: none'), []);
  assert.deepEqual(profile('listeners: {}'), []);
  assert.notDeepEqual(profile('listeners: nome'), []);
  assert.deepEqual(profile('routes: [{slack: {ap: A1}}]'), ['/profiles/a/routes/0/slack/ap: unknown key']);
});

test('durations, sizes and names have patterns that also accept references', () => {
  assert.deepEqual(check('limits: {body: 4TB}'), ['/limits/body: breaks the pattern']);
  assert.deepEqual(profile('start_timeout: 10 x'), ['/profiles/a/start_timeout: breaks the pattern']);
  assert.deepEqual(check('limits: {body: 4 mb, header_time: 1.5 Minutes}'), []);
  assert.deepEqual(check('profiles: {My_Bot: {command: node}}'), ['/profiles/My_Bot: breaks the pattern']);
  const reference = '"$' + '{X}"';
  assert.deepEqual(profile(`start_timeout: ${reference}, start: ${reference}`), []);
  assert.deepEqual(check(`limits: {body: ${reference}}`), []);
  assert.equal(check(`profiles: {${reference}: {command: node}}`).length, 1);
});

test('every key has a description', () => {
  const bare = (inner: unknown, at: string): readonly string[] =>
    !isMap(inner)
      ? []
      : [
          ...Object.entries(map(inner['properties'])).flatMap(([name, value]) => [
            ...fault(typeof map(value)['description'] !== 'string', `${at}/${name}`, 'has no description'),
            ...bare(value, `${at}/${name}`),
          ]),
          ...['additionalProperties', 'items'].flatMap((keyword) => bare(inner[keyword], `${at}/${keyword}`)),
          ...list(inner['anyOf']).flatMap((branch) => bare(branch, at)),
        ];
  const keys = platforms.map(({ configKey }) => configKey).filter((key) => key !== null);
  const platformFields = new RegExp(`/routes/items/(?:${keys.join('|')})/`);
  assert.deepEqual(
    bare(schema, '').filter((line) => !platformFields.test(line)),
    [],
  );
});
