import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fixture } from '../support/root.ts';
import { assertUntouched, pidIn, prepareFault } from './support/fault.ts';

/** The config's profiles, one a line, each with its paths. */
function configOf(tag: string, profiles: Readonly<Record<string, readonly string[]>>): string {
  const command = JSON.stringify([process.execPath, fixture('gateways', 'serve.mjs'), tag]);
  const lines = Object.entries(profiles).flatMap(([name, paths]) => [
    `  ${name}:`,
    `    command: ${command}`,
    `    routes: ${JSON.stringify(paths.map((path) => ({ path })))}`,
  ]);
  return ['listen: 127.0.0.1:0', `defaults: { env: { FAULT_TEST: ${tag} } }`, 'profiles:', ...lines, ''].join(
    '\n',
  );
}

test('a config saved half-written is not applied, status says why, and the completed file is applied', async (t) => {
  const fault = await prepareFault(t, { gateways: {} });
  writeFileSync(fault.config, configOf(fault.tag, { one: ['/one'], two: ['/two'] }));
  const gwproxy = await fault.up('one', 'two');
  const [one, two] = [await gwproxy.profile('one'), await gwproxy.profile('two')];
  const reached = async (path: string) => pidIn(await fetch(`${gwproxy.url}${path}`));

  const saved = configOf(fault.tag, { one: ['/one'], two: ['/two', '/second'], three: ['/three'] });
  const cut = saved.indexOf('  two:') + '  two:\n    comm'.length;
  writeFileSync(fault.config, saved.slice(0, cut));
  const invalid = await gwproxy.waitFor('told', ({ type }) => type === 'config.invalid');
  assert.match(JSON.stringify(invalid.problems), /gwproxy\.yaml:\d+:\d+/);
  assert.match((await gwproxy.status()).config_error ?? '', /gwproxy\.yaml:\d+:\d+/);
  assert.deepEqual([await reached('/one'), await reached('/two')], [one.pid, two.pid]);
  assertUntouched(two, await gwproxy.profile('two'));

  appendFileSync(fault.config, saved.slice(cut));
  await gwproxy.ready('three');
  assert.equal((await gwproxy.status()).config_error, null);
  assert.deepEqual([await reached('/one'), await reached('/second')], [one.pid, two.pid]);
  const three = await gwproxy.profile('three');
  assert.equal(await reached('/three'), three.pid);

  // Cut off where the first part is a valid config with fewer profiles: no gateway ends before `gwproxy reload`.
  writeFileSync(fault.config, saved.slice(0, saved.indexOf('  two:')));
  await gwproxy.waitFor('announced', ({ type }) => type === 'config.pending');
  assertUntouched(two, await gwproxy.profile('two'));
  appendFileSync(fault.config, saved.slice(saved.indexOf('  two:')));
  while ((await gwproxy.status()).config_pending.length > 0) await pause(50);
  assert.deepEqual(
    [await reached('/one'), await reached('/second'), await reached('/three')],
    [one.pid, two.pid, three.pid],
  );
  for (const before of [one, two, three]) assertUntouched(before, await gwproxy.profile(before.name));
});
