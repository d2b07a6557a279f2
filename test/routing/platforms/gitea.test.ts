import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gitea } from '../../../src/routing/platforms/gitea.ts';
import { github } from '../../../src/routing/platforms/github.ts';
import { decide, fate, keyRoute, pathRoute, tableOf } from '../support.ts';
import { type Fields, form, headOf, isRecognised, json, recipients, type Sent } from './platform-calls.ts';

/** The headers of a delivery, as each of the three sends them. */
function marks(...brands: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    brands.flatMap((brand) => [
      [`x-${brand}-event`, 'push'],
      [`x-${brand}-delivery`, '00000000-0000-0000-0000-000000000001'],
    ]),
  );
}

const GOGS = marks('gogs');
const GITEA = marks('gitea', 'gogs', 'github');
const FORGEJO = marks('forgejo', 'gitea', 'gogs', 'github');
const push = { ref: 'refs/heads/main', repository: { id: 1, full_name: 'Invented/Site' } };

describe('the bot that a Gitea request is for', () => {
  const both = { repository: 'invented/site', owner: 'invented' };
  const cases: readonly (readonly [string, Sent, readonly Fields[]])[] = [
    ['a push of Gitea', json(push, GITEA), [both]],
    ['a push of Forgejo', json(push, FORGEJO), [both]],
    ['a push of Gogs', json(push, GOGS), [both]],
    ['a push as a form', form({ payload: JSON.stringify(push) }, GITEA), [both]],
    ['an event without a repository', json({ action: 'created' }, GITEA), []],
    ['a name without an owner', json({ repository: { full_name: 'site' } }, GITEA), [{ repository: 'site' }]],
    ['a GET, whose payload is in the query', { method: 'GET', headers: GITEA }, []],
  ];
  for (const [name, sent, expected] of cases) {
    it(name, () => assert.deepEqual(recipients(gitea, sent), expected));
  }
});

describe('a request with the headers of Gitea, Forgejo or Gogs', () => {
  it('is theirs, and not GitHub’s whose headers they send too', () => {
    for (const headers of [GOGS, GITEA, FORGEJO]) {
      assert.equal(isRecognised(gitea, json(push, headers)), true);
      assert.equal(isRecognised(github, json(push, headers)), false);
    }
    assert.equal(isRecognised(gitea, json(push, marks('github'))), false);
    assert.equal(isRecognised(github, json(push, marks('github'))), true);
  });

  it('is claimed by no github route, though the repository has the same name', () => {
    const site = keyRoute('hub', 'github', { repository: 'invented/site' });
    const forge = keyRoute('forge', 'gitea', { repository: 'invented/site' });
    assert.equal(fate(tableOf(site), json(push, GITEA)), 'none');
    assert.equal(fate(tableOf(site, forge), json(push, GITEA)), 'forge');
    assert.equal(fate(tableOf(site, forge), json(push, marks('github'))), 'hub');
  });

  it('goes by its repository before its owner', () => {
    const table = tableOf(
      keyRoute('all', 'gitea', { owner: 'invented' }),
      keyRoute('site', 'gitea', { repository: 'invented/site' }),
    );
    assert.equal(fate(table, json(push, FORGEJO)), 'site');
    const other = { repository: { full_name: 'invented/other' } };
    assert.equal(fate(table, json(other, FORGEJO)), 'all');
  });

  it('goes by a header route where no gitea route claims it, and to no plain one', () => {
    const header = keyRoute('bot', 'custom', { 'header:x-gitea-event': 'push' });
    const installed = keyRoute('hub', 'github', { installation: '99' });
    const other = keyRoute('forge', 'gitea', { repository: 'invented/other' });
    assert.equal(fate(tableOf(installed, header), json(push, GITEA)), 'bot');
    assert.equal(fate(tableOf(installed, other, header, pathRoute('site')), json(push, GITEA)), 'bot');
    assert.equal(fate(tableOf(installed, other, pathRoute('site')), json(push, GITEA)), 'unmatched 404');
  });

  it('waits 5 seconds, is spooled, and stays in order in its repository', () => {
    const outcome = decide(tableOf(keyRoute('forge', 'gitea', { owner: 'invented' })), json(push, GITEA));
    assert.ok(outcome.kind === 'match');
    assert.equal(outcome.deadline, 5000);
    const facts = outcome.facts?.();
    assert.deepEqual(
      [facts?.spoolable, facts?.acknowledgement.status, facts?.orderKey, facts?.dedupKey],
      [true, 202, 'invented/site', undefined],
    );
    assert.equal(gitea.synchronous(headOf({ headers: GITEA }), null), false);
    assert.equal(gitea.normalise('repository', 'Invented/Site'), 'invented/site');
  });
});
