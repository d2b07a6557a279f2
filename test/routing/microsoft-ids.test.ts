import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { appIdOf, appOfAccount, appOfAudience, guidOf } from '../../src/routing/microsoft-ids.ts';

const APP = 'aaaaaaaa-0000-0000-0000-00000000000a';
const UPPER = APP.toUpperCase();

describe('the spellings of a GUID', () => {
  test('case, braces and hyphens do not count', () => {
    for (const text of [APP, UPPER, `{${APP}}`, `{${UPPER}}`, UPPER.replaceAll('-', '')]) {
      assert.equal(guidOf(text), APP, text);
    }
  });

  test('anything more or less is no GUID', () => {
    for (const text of [
      '',
      `{${APP}`,
      `${APP}}`,
      ` ${APP}`,
      `${APP}0`,
      APP.slice(1),
      APP.replace('-', ''),
      'bot-1',
    ]) {
      assert.equal(guidOf(text), undefined, text);
    }
  });
});

describe('the account of a bot in Teams', () => {
  test('names its app, in every cloud', () => {
    for (const cloud of ['', 'orgid:', 'gcch:', 'dod:', 'gcch-global:', 'dod-global:']) {
      assert.equal(appOfAccount(`28:${cloud}${UPPER}`), APP, cloud);
    }
  });

  test('a user, an integration and another text name none', () => {
    for (const account of [APP, `8:orgid:${APP}`, `28:integration:${APP}`, '28:bot-1', `29:${APP}`, '28:']) {
      assert.equal(appOfAccount(account), undefined, account);
    }
  });
});

describe('the audience of a token', () => {
  test('names an app by its id or by an Application ID URI', () => {
    for (const audience of [
      APP,
      UPPER,
      `api://${APP}`,
      `api://botid-${APP}`,
      `API://BotId-${UPPER}`,
      `api://${APP}/`,
    ]) {
      assert.equal(appOfAudience(audience), APP, audience);
    }
  });

  test('names no app by a URI that another app can have', () => {
    for (const audience of [
      '',
      `28:${APP}`,
      `botid-${APP}`,
      `api://bots.example.com/${APP}`,
      `api://bots.example.com/botid-${APP}`,
      `api://${APP}/access_as_user`,
      `api://${APP}//`,
      `https://${APP}`,
      'https://api.botframework.com',
    ]) {
      assert.equal(appOfAudience(audience), undefined, audience);
    }
  });

  test('an operator may write any of them', () => {
    for (const text of [APP, `{${UPPER}}`, `28:${APP}`, `28:gcch:${APP}`, `api://botid-${APP}`]) {
      assert.equal(appIdOf(text), APP, text);
    }
    assert.equal(appIdOf('bot-1'), undefined);
  });
});
