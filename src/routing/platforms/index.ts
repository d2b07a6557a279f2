import type { Platform } from '../platform.ts';
import { dingtalk } from './dingtalk.ts';
import { discord } from './discord.ts';
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
 * Every platform, in the order in which they are asked whether a request is theirs. A mark in the head decides
 * before all shapes; of those that are told by a body's shape, the first that says so does, the stricter shape
 * first. Lark comes before Slack, which tries a URL with the same body but signs it; Mattermost as well, whose
 * commands are shaped like Slack's but for ids that Slack never writes. What the config names (custom.ts) comes
 * after all of them.
 */
export const platforms: readonly Platform[] = [
  telegram,
  discord,
  line,
  twilio,
  googleChat,
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
