import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, msOf, splitArguments } from '../../../src/cli/pm2/pm2-values.ts';
import { dumpedApp, ecosystemApp, FIELD_NAMES } from '../../../src/cli/pm2/source/pm2-app.ts';
import { isPlainObject } from '../../../src/util/plain-object.ts';
import { root } from '../../support/root.ts';

const PM2 = join(root, 'node_modules', 'pm2', 'lib');

/** pm2's own validator, which has no types. */
function pm2Config(): { validateJSON(app: object): { errors: unknown[]; config: Record<string, unknown> } } {
  return createRequire(import.meta.url)(join(PM2, 'tools', 'Config.js'));
}

test('every field that pm2 knows is known here, and no other', () => {
  const schema: unknown = JSON.parse(readFileSync(join(PM2, 'API', 'schema.json'), 'utf8'));
  assert.ok(isPlainObject(schema));
  const names = Object.keys(schema).filter((name) => !name.startsWith('^'));
  assert.deepEqual([...FIELD_NAMES].sort(), names.sort());
});

test('every other name of a field is known here', () => {
  const { validateJSON } = pm2Config();
  validateJSON.call(pm2Config(), { script: 'a.js' });
  const schema: unknown = Reflect.get(pm2Config(), 'schema');
  assert.ok(isPlainObject(schema));
  for (const [name, described] of Object.entries(schema)) {
    if (name.startsWith('^') || !isPlainObject(described) || !Array.isArray(described['alias'])) continue;
    for (const alias of described['alias']) {
      const { fields, unknown } = ecosystemApp({ [String(alias)]: 'said' }, 0);
      assert.deepEqual([fields.get(name), unknown], ['said', []], `${alias} for ${name}`);
    }
  }
});

test('arguments in one text are split as pm2 splits them', () => {
  const word = fc.stringMatching(/^[a-z "'=\\$-]{0,12}$/);
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const args = words.join(' ');
      const { config, errors } = pm2Config().validateJSON({ script: 'a.js', args });
      assert.deepEqual(errors, []);
      assert.deepEqual(splitArguments(args), config['args'] ?? []);
    }),
  );
});

test('sizes and times are read as pm2 reads them', () => {
  const measure = fc.oneof(
    fc.integer({ min: 1, max: 100_000 }),
    fc.stringMatching(/^[1-9]\d{0,5}[GMKhms]?$/),
  );
  fc.assert(
    fc.property(measure, (written) => {
      const read = (field: string) => {
        const { config, errors } = pm2Config().validateJSON({ script: 'a.js', [field]: written });
        return errors.length > 0 ? undefined : config[field];
      };
      assert.equal(bytesOf(written), read('max_memory_restart'));
      // pm2 refuses less than 100 ms, so there is no wait to compare.
      if ((msOf(written) ?? 0) >= 100) assert.equal(msOf(written), read('min_uptime'));
    }),
  );
});

test('a field by its own name beats its alias, and an app has a name', () => {
  const app = ecosystemApp({ script: 'bots/a.b.js', exec: 'b.js', user: 'ada', env_x: {}, nonsense: 1 }, 0);
  assert.equal(app.fields.get('script'), 'bots/a.b.js');
  assert.equal(app.fields.get('uid'), 'ada');
  assert.equal(app.name, 'a.b');
  assert.deepEqual([...app.environments.keys()], ['x']);
  assert.deepEqual(app.unknown, ['nonsense']);
});

test("a dump's variables are not read as fields, and a stopped app is not started", () => {
  const env = { port: '1', TOKEN: 't' };
  const app = dumpedApp({ name: 'a', pm_exec_path: '/a.js', pm_cwd: '/', status: 'stopped', env, ...env }, 0);
  assert.deepEqual(Object.fromEntries(app.fields), {
    name: 'a',
    script: '/a.js',
    cwd: '/',
    autostart: false,
    env,
  });
});
