import type { PlatformName } from '../../routing/route.ts';
import { alternatives, type Problem, problemAt } from '../problems.ts';
import { fieldSource, type Profile } from '../read/profile.ts';
import type { Settings } from '../schema/config-schema.ts';
import type { VerifyConfig } from '../schema/verify-schema.ts';
import { appsOfRoutes } from '../verify-rules.ts';

type Entry = keyof VerifyConfig;

/** The senders that each entry of `verify` verifies. */
const SENDERS: Readonly<Record<Entry, readonly PlatformName[]>> = {
  bot_framework: ['bot-framework'],
  slack: ['slack'],
  github: ['github'],
  gitea: ['gitea'],
  line: ['line'],
  meta: ['whatsapp', 'messenger', 'instagram'],
  telegram: ['telegram'],
  twilio: ['twilio'],
  discord: ['discord'],
  graph: ['graph'],
};

const ENTRIES = Object.keys(SENDERS).filter((name): name is Entry => Object.hasOwn(SENDERS, name));

/**
 * Each entry of `verify` verifies something: the profile has a route with its sender, or one by which any sender may come
 * (a path, a host, `header`, `json`, `profile_paths`).
 */
export function checkVerify(profile: Profile, profilePaths: boolean): readonly Problem[] {
  const { config, invalidFields } = profile;
  if (config.verify === undefined || invalidFields.has('routes')) return [];
  // Without a port, verify itself is refused.
  if (Object.keys(config.listeners).length === 0) return [];
  const isOpen = profilePaths || config.routes.some(({ key }) => key === null || key.platform === 'custom');
  const routed = new Set(config.routes.map(({ key }) => key?.platform));
  const written = ENTRIES.filter((entry) => config.verify?.[entry] !== undefined);
  const idle = isOpen ? [] : written.filter((entry) => !SENDERS[entry].some((sender) => routed.has(sender)));
  return [
    ...idle.map((entry) => {
      // A platform's key in a route is its name with '_'.
      const keys = SENDERS[entry].map((sender) => sender.replace('-', '_'));
      const message = `verify.${entry} verifies nothing: profile '${profile.name}' has no route of ${alternatives(keys)}; write one, or remove the entry`;
      return problemAt(fieldSource(profile, 'verify', entry), message);
    }),
    ...(written.includes('bot_framework') && !idle.includes('bot_framework') ? unnamedApps(profile) : []),
  ];
}

/** A token names only an app: for an Agent 365 agent that of its blueprint, which a route by other ids does not name. */
function unnamedApps(profile: Profile): readonly Problem[] {
  if (profile.config.verify?.bot_framework?.apps !== undefined) return [];
  const apps = appsOfRoutes(profile);
  if (apps.length > 0 && apps.every((named) => named.length > 0)) return [];
  const message =
    'verify.bot_framework needs apps: [GUID], the apps that tokens are for, since ' +
    (apps.length === 0 ? 'no bot_framework route here names one' : 'a bot_framework route here names no app');
  return [problemAt(fieldSource(profile, 'verify', 'bot_framework'), message)];
}

/** `verify.twilio` needs `public_url`: Twilio signs the URL that it calls, which a request does not hold. */
export function checkTwilio(profiles: readonly Profile[], { public_url: url }: Settings): readonly Problem[] {
  if (url !== undefined) return [];
  return profiles
    .filter(({ config }) => config.verify?.twilio !== undefined)
    .map((profile) =>
      problemAt(
        fieldSource(profile, 'verify', 'twilio'),
        'verify.twilio needs public_url, since Twilio signs the URL that it calls',
      ),
    );
}
