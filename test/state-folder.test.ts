import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { CommandError } from '../src/errors.ts';
import {
  controlSocketPath,
  makeStateFolder,
  realConfigPath,
  recordConfigName,
  stateFolder,
  stateFolders,
  xdgFolder,
} from '../src/state-folder.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-state-'));
  writeFileSync(join(folder, 'gwproxy.yaml'), '');
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('one config has one state folder, by whatever path it is reached', () => {
  const env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  symlinkSync(join(folder, 'gwproxy.yaml'), join(folder, 'link.yaml'));
  const direct = stateFolder(join(folder, 'gwproxy.yaml'), env);
  assert.equal(stateFolder(join(folder, 'link.yaml'), env), direct);
  writeFileSync(join(folder, 'other.yaml'), '');
  assert.notEqual(stateFolder(join(folder, 'other.yaml'), env), direct);
});

test('a config in a mounted volume keeps its state folder when the volume is updated', () => {
  const env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  const volume = join(folder, 'volume');
  for (const version of ['..one', '..two']) {
    mkdirSync(join(volume, version), { recursive: true });
    writeFileSync(join(volume, version, 'gwproxy.yaml'), '');
  }
  symlinkSync('..one', join(volume, '..data'));
  symlinkSync('..data/gwproxy.yaml', join(volume, 'gwproxy.yaml'));
  const before = stateFolder(join(volume, 'gwproxy.yaml'), env);
  rmSync(join(volume, '..data'));
  symlinkSync('..two', join(volume, '..data'));
  assert.equal(stateFolder(join(volume, 'gwproxy.yaml'), env), before);
});

test('GWPROXY_STATE_DIR goes before XDG_STATE_HOME, and that before the home', () => {
  const config = join(folder, 'gwproxy.yaml');
  const both = { GWPROXY_STATE_DIR: '/one', XDG_STATE_HOME: '/two' };
  assert.match(stateFolder(config, both), /^\/one\/[0-9a-f]{12}$/);
  assert.match(stateFolder(config, { XDG_STATE_HOME: '/two' }), /^\/two\/gwproxy\/[0-9a-f]{12}$/);
  assert.match(stateFolder(config, { ...both, GWPROXY_STATE_DIR: '' }), /^\/two\/gwproxy\/[0-9a-f]{12}$/);
  assert.match(stateFolder(config, { XDG_STATE_HOME: '' }), /\.local\/state\/gwproxy\/[0-9a-f]{12}$/);
});

test('a relative XDG_STATE_HOME is ignored, and a relative GWPROXY_STATE_DIR is refused', () => {
  const config = join(folder, 'gwproxy.yaml');
  assert.equal(stateFolder(config, { XDG_STATE_HOME: 'state' }), stateFolder(config, {}));
  assert.equal(xdgFolder('state'), null);
  assert.throws(
    () => stateFolder(config, { GWPROXY_STATE_DIR: 'state' }),
    (error) =>
      error instanceof CommandError && error.exitCode === 2 && error.message.includes(resolve('state')),
  );
});

test('a config that is gone keeps its state folder, and a run is found by the path that it was started with', () => {
  const env = { GWPROXY_STATE_DIR: join(folder, 'runs') };
  for (const name of ['a.yaml', 'b.yaml']) writeFileSync(join(folder, name), '');
  const [a, b] = ['a.yaml', 'b.yaml'].map((name) => stateFolder(join(folder, name), env));
  assert.ok(a !== undefined && b !== undefined);
  const link = join(folder, 'current.yaml');
  symlinkSync('a.yaml', link);
  mkdirSync(a, { recursive: true });
  recordConfigName(a, link);
  assert.deepEqual(stateFolders(link, env), [a]);
  rmSync(link);
  symlinkSync('b.yaml', link);
  assert.deepEqual(stateFolders(link, env), [a, b], 'the run of that path, then the one of its file');
  mkdirSync(b);
  recordConfigName(b, join(folder, 'b.yaml'));
  assert.deepEqual(stateFolders(join(folder, 'b.yaml'), env), [b]);
  rmSync(link);
  assert.equal(stateFolders(link, env)[0], a);
  rmSync(join(folder, 'b.yaml'));
  assert.deepEqual(stateFolders(join(folder, 'b.yaml'), env), [b]);
  writeFileSync(join(a, 'config-path.json'), '[');
  assert.equal(stateFolders(link, env).includes(a), false);
});

test('a run is found by its path although an earlier one had that path for another file', () => {
  const env = { GWPROXY_STATE_DIR: join(folder, 'releases') };
  const link = join(folder, 'release.yaml');
  const runs = ['1.yaml', '2.yaml'].map((name) => {
    writeFileSync(join(folder, name), '');
    rmSync(link, { force: true });
    symlinkSync(name, link);
    const run = stateFolder(link, env);
    mkdirSync(run, { recursive: true });
    recordConfigName(run, link);
    return run;
  });
  assert.deepEqual(stateFolders(link, env), runs.toReversed());
  // Back to the first release, while the gwproxy of the second one runs.
  rmSync(link);
  symlinkSync('1.yaml', link);
  assert.deepEqual(stateFolders(link, env), runs);
});

test('a config that is not there is said, with what to type', () => {
  assert.throws(
    () => realConfigPath(join(folder, 'none.yaml')),
    (error) =>
      error instanceof CommandError && error.exitCode === 78 && error.message.includes('--config FILE'),
  );
});

test('the state folder is its owner’s alone, also when it was open before', () => {
  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  makeStateFolder(open);
  assert.equal(statSync(open).mode & 0o777, 0o700);
});

test('a state folder that is a link or a file is refused', () => {
  symlinkSync(tmpdir(), join(folder, 'a-link'));
  assert.throws(() => makeStateFolder(join(folder, 'a-link')), /not a folder of your own/);
});

test('a state folder that cannot be made is named, with what moves it', () => {
  for (const inside of ['gwproxy.yaml', 'gwproxy.yaml/deeper']) {
    const path = join(folder, inside, 'state');
    assert.throws(
      () => makeStateFolder(path),
      (error) =>
        error instanceof CommandError &&
        error.exitCode === 1 &&
        error.message ===
          `the state folder ${path} cannot be made (ENOTDIR); set GWPROXY_STATE_DIR to one that can`,
    );
  }
});

test('a socket path that the system would cut is refused', () => {
  assert.throws(() => controlSocketPath(`/${'x'.repeat(100)}`), /GWPROXY_STATE_DIR/);
});
