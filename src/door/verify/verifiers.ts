import type { VerifyRules } from '../../config/types.ts';
import { Lookalikes } from '../../routing/lookalikes.ts';
import type { PlatformName } from '../../routing/route.ts';
import type { ProfileRules } from '../../snapshot.ts';
import { discordVerifier } from './senders/discord.ts';
import { giteaVerifier } from './senders/gitea.ts';
import { githubVerifier } from './senders/github.ts';
import { graphVerifier } from './senders/graph.ts';
import { lineVerifier } from './senders/line.ts';
import { metaVerifier } from './senders/meta.ts';
import { slackVerifier } from './senders/slack.ts';
import { telegramVerifier } from './senders/telegram.ts';
import { twilioVerifier } from './senders/twilio.ts';
import { botFrameworkVerifier } from './tokens/bot-framework.ts';
import type { KeyStore } from './tokens/key-store.ts';
import type { Verifier } from './verdict.ts';

/** The verifiers that the rules of a snapshot call for. */
export class Verifiers {
  readonly #byProfile = new Map<string, ReadonlyMap<PlatformName, Verifier>>();
  readonly #rules = new Map<string, VerifyRules>();
  readonly #clientStates = new Map<string, readonly string[]>();
  readonly #lookalikes = new Map<string, Lookalikes>();

  constructor(rules: readonly ProfileRules[], store: KeyStore) {
    const bySenders = new Map<string, Lookalikes>();
    for (const { profile, verify } of rules) {
      if (verify === null) continue;
      this.#rules.set(profile, verify);
      const verifiers = new Map(verifiersOf(verify, store));
      this.#byProfile.set(profile, verifiers);
      // Many profiles verify the same senders.
      const senders = [...verifiers.keys()];
      const lookalikes = bySenders.get(senders.join()) ?? new Lookalikes(senders);
      bySenders.set(senders.join(), lookalikes);
      this.#lookalikes.set(profile, lookalikes);
      if (verify.graph !== null) this.#clientStates.set(profile, verify.graph);
    }
  }

  /** Null if none of the profile's requests are verified. */
  rulesOf(profile: string): VerifyRules | null {
    return this.#rules.get(profile) ?? null;
  }

  /** Undefined if the platform's requests to the profile pass unverified; `platform` is a match's. */
  of(profile: string, platform: PlatformName | null): Verifier | undefined {
    return platform === null ? undefined : this.#byProfile.get(profile)?.get(platform);
  }

  /** The senders that the profile verifies; undefined for none. */
  lookalikes(profile: string): Lookalikes | undefined {
    return this.#lookalikes.get(profile);
  }

  /**
   * The verifiers that a batch for several profiles must pass. In a batch of Graph's, each notification has its own
   * subscriber's client state, which must be one of any verifying profile's: `fan_out` lets the profiles see each
   * other's notifications.
   */
  ofBatch(profiles: readonly string[], platform: PlatformName): readonly Verifier[] {
    if (platform !== 'graph') return profiles.flatMap((profile) => this.of(profile, platform) ?? []);
    const states = profiles.flatMap((profile) => this.#clientStates.get(profile) ?? []);
    return states.length === 0 ? [] : [graphVerifier(states)];
  }
}

function verifiersOf(rules: VerifyRules, store: KeyStore): readonly (readonly [PlatformName, Verifier])[] {
  const { botFramework } = rules;
  const meta = bySecrets(rules.meta, metaVerifier);
  const all: readonly (readonly [PlatformName, Verifier | null])[] = [
    ['bot-framework', botFramework === null ? null : botFrameworkVerifier(botFramework, store)],
    ['slack', bySecrets(rules.slack, slackVerifier)],
    ['github', bySecrets(rules.github, githubVerifier)],
    ['gitea', bySecrets(rules.gitea, giteaVerifier)],
    ['line', bySecrets(rules.line, lineVerifier)],
    ['whatsapp', meta],
    ['messenger', meta],
    ['instagram', meta],
    ['telegram', bySecrets(rules.telegram, telegramVerifier)],
    ['twilio', rules.twilio === null ? null : twilioVerifier(rules.twilio)],
    ['discord', bySecrets(rules.discord, discordVerifier)],
    ['graph', bySecrets(rules.graph, graphVerifier)],
  ];
  return all.flatMap(([platform, verifier]) => (verifier === null ? [] : [[platform, verifier] as const]));
}

function bySecrets(
  secrets: readonly string[] | null,
  verifier: (secrets: readonly string[]) => Verifier,
): Verifier | null {
  return secrets === null ? null : verifier(secrets);
}
