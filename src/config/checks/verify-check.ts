import type { PlatformName } from '../../routing/route.ts';
import { alternatives, type Problem, problemAt } from '../problems.ts';
import { fieldSource, type Profile } from '../read/profile.ts';
import type { Settings } from '../schema/config-schema.ts';
import type { VerifyConfig } from '../schema/verify-schema.ts';
import { appsOfRoutes } from '../verify-rules.ts';

type Entry = keyof VerifyConfig;

/** The senders that an entry verifies. */
const SENDERS: Readonly<Record<Entry, readonly PlatformName[]>> = {
  bot_framework: ['bot-framework'],
  slack: ['slack'],
  github: ['github'],
  line: ['line'],
  meta: ['whatsapp', 'messenger', 'instagram'],
  telegram: ['telegram'],
  twilio: ['twilio'],
  discord: ['discord'],
  graph: ['graph'],
};

const ENTRIES = Object.keys(SENDERS).filter((name): name is Entry => Object.hasOwn(SENDERS, name));

/** Each entry of `verify` is about requests that some route of the profile claims. */
export function checkVerify(profile: Profile): readonly Problem[] {
  const { config, invalidFields: broken } = profile;
  if (config.verify === undefined || broken.has('routes')) return [];
  const routed = new Set(config.routes.map(({ key }) => key?.platform));
  const written = ENTRIES.filter((entry) => config.verify?.[entry] !== undefined);
  const idle = written.filter((entry) => !SENDERS[entry].some((sender) => routed.has(sender)));
  return [
    ...idle.map((entry) => {
      // A platform's key in a route is its name with '_'.
      const keys = SENDERS[entry].map((sender) => sender.replace('-', '_'));
      const message = `verify.${entry} verifies nothing: profile '${profile.name}' has no route of ${alternatives(keys)}`;
      return problemAt(fieldSource(profile, 'verify', entry), message);
    }),
    ...(written.includes('bot_framework') ? unnamedApps(profile) : []),
  ];
}

/** A token names the app alone; an agent of Agent 365 has its blueprint's, which its own ids do not say. */
function unnamedApps(profile: Profile): readonly Problem[] {
  if (profile.config.verify?.bot_framework?.apps !== undefined) return [];
  if (appsOfRoutes(profile).every((apps) => apps.length > 0)) return [];
  const message =
    'verify.bot_framework needs apps: [GUID], whom the tokens are for: a bot_framework route here names no app';
  return [problemAt(fieldSource(profile, 'verify', 'bot_framework'), message)];
}

/** Twilio signs the URL that it calls, which only the config knows. */
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
