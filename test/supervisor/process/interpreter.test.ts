import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { interpreterFault } from '../../../src/supervisor/process/interpreter.ts';
import { folder } from '../../config/folder.ts';

const faultOf = async (t: TestContext, text: string, env: Readonly<Record<string, string>> = {}) => {
  const cwd = await folder(t, { 'x.sh': text, 'bin/y.sh': text });
  const answer = (file: string) => interpreterFault({ file, cwd, env });
  return { cwd, answer };
};

test('a script whose interpreter is missing says which', async (t) => {
  const { cwd, answer } = await faultOf(t, '#!/old/venv/bin/python3 -u\nprint(1)\n');
  assert.equal(await answer('./x.sh'), './x.sh needs /old/venv/bin/python3, which is not there');
  assert.equal(await answer(`${cwd}/x.sh`), `${cwd}/x.sh needs /old/venv/bin/python3, which is not there`);
});

test('Windows line ends are named', async (t) => {
  const { answer } = await faultOf(t, '#!/bin/sh\r\nexit 0\r\n');
  const expected = "./x.sh needs '/bin/sh\\r', which is not there: does it have Windows line ends?";
  assert.equal(await answer('./x.sh'), expected);
  const behind = await faultOf(t, '#! /bin/no-such -e\r\n');
  assert.equal(await behind.answer('./x.sh'), './x.sh needs /bin/no-such, which is not there');
});

test('a script is found on the PATH of its gateway', async (t) => {
  const { cwd, answer } = await faultOf(t, '#!/old/python\n', { PATH: '/nowhere:bin' });
  assert.equal(await answer('y.sh'), `${cwd}/bin/y.sh needs /old/python, which is not there`);
  assert.equal(await answer('z.sh'), null);
  const twice = await faultOf(t, '#!/old/python\n', { PATH: `bin:${cwd}/good` });
  await mkdir(join(cwd, 'good'));
  await writeFile(join(cwd, 'good', 'y.sh'), '#!/bin/sh\n', { mode: 0o755 });
  assert.equal(await twice.answer('y.sh'), null, 'execvp(3) goes on to the next folder');
});

test('other files have no such fault', async (t) => {
  for (const text of ['#!/bin/sh\n', 'exit 0\n', '', '#!\n', '\x7fELF\0#!/nowhere']) {
    const { answer } = await faultOf(t, text);
    assert.equal(await answer('./x.sh'), null, text);
  }
  const { answer } = await faultOf(t, '#!/old/python\n');
  assert.equal(await answer('./none.sh'), null);
  assert.equal(await answer('./bin'), null);
});
