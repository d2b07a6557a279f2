import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { errorCode, errorMessage, hasCode, systemMessage } from '../../src/util/errno.ts';

async function missingFile(): Promise<unknown> {
  return readFile('/nowhere/at all').catch((error: unknown) => error);
}

test('an error has the code that the system gave it; other values have none', async () => {
  const missing = await missingFile();
  assert.equal(errorCode(missing), 'ENOENT');
  for (const other of [
    new Error('no code'),
    Object.assign(new Error('number'), { code: 2 }),
    'ENOENT',
    null,
    { code: 'ENOENT' },
  ]) {
    assert.equal(errorCode(other), undefined);
  }
  assert.equal(hasCode(missing, 'ESRCH', 'ENOENT'), true);
  assert.equal(hasCode(missing, 'ESRCH'), false);
  assert.equal(hasCode(new Error('no code'), 'ENOENT'), false);
});

test('a message is the error’s own, and the system’s comes without call and path', async () => {
  const missing = await missingFile();
  assert.equal(errorMessage(new TypeError('wrong')), 'wrong');
  assert.equal(errorMessage('thrown text'), 'thrown text');
  assert.equal(systemMessage(missing), 'ENOENT: no such file or directory');
  assert.equal(
    systemMessage(new Error('ENOSPC: no space left on device, write')),
    'ENOSPC: no space left on device',
  );
});
