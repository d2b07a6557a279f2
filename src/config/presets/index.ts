import { hermes } from './hermes/hermes.ts';
import { openclaw } from './openclaw/openclaw.ts';
import type { Preset } from './preset.ts';

/** Every kind of gateway that `preset` can name. */
export const presets: readonly Preset[] = [hermes, openclaw];
