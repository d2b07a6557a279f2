import type { Platform } from '../platform.ts';
import { dingtalk } from './dingtalk.ts';
import { discord } from './discord.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { googleChat } from './google-chat.ts';
import { lark } from './lark.ts';
import { line } from './line.ts';
import { mattermost } from './mattermost.ts';
import { instagram } from './meta/instagram.ts';
import { messenger } from './meta/messenger.ts';
import { whatsapp } from './meta/whatsapp.ts';
import { botFramework } from './microsoft/bot-framework.ts';
import { graph } from './microsoft/graph.ts';
import { slack } from './slack/slack.ts';
import { telegram } from './telegram.ts';
import { twilio } from './twilio.ts';
import { viber } from './viber.ts';
import { webex } from './webex.ts';
import { wecom } from './wecom.ts';
import { zoom } from './zoom.ts';

/**
 * Every platform, in the order in which they are asked whether a request is theirs. A platform that recognises the
 * head wins over all that need the body; of those, the first that recognises the body wins, so stricter shapes come
 * first. Lark is before Slack, whose url_verification has the same body but is signed; Mattermost is before Slack,
 * whose commands have the same fields but other ids. Custom routes (custom.ts) are asked last.
 */
export const platforms: readonly Platform[] = [
  telegram,
  discord,
  line,
  twilio,
  googleChat,
  gitea,
  github,
  viber,
  wecom,
  whatsapp,
  messenger,
  instagram,
  graph,
  lark,
  dingtalk,
  zoom,
  webex,
  mattermost,
  botFramework,
  slack,
];
