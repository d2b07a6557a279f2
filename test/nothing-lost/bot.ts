import type { Addressee } from './load.ts';

/** A gateway as it is started, whoever starts it. */
export interface Launch {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/** A real gateway, and what its sender knows of it. */
export interface Bot extends Addressee {
  readonly sender:
    | { readonly is: 'slack'; readonly app: string; readonly secret: string }
    | { readonly is: 'bot-framework'; readonly app: string };
  /** What it answers 200 when it is ready; null: it has none. */
  readonly health: string | null;
  /** Where its deliveries are recorded. */
  readonly record: string;
  /** `port` is a number, or what stands for it. */
  launch(port: string): Launch;
}
