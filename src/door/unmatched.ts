import type { Report } from '../events.ts';
import type { Attributes } from '../routing/route.ts';

const REMEMBERED = 1000;
const VALUE_LENGTH = 200;
const PATH_LENGTH = 256;

/**
 * Tells the operator of attributes that no profile claims, once for each while they are remembered: the 1000
 * newest, so that a stranger's invented keys cost neither memory nor a log line a request.
 */
export class Unmatched {
  readonly #seen = new Set<string>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  see(attributes: Attributes, path: string): void {
    const entries = Object.entries(attributes.fields).map(([name, value]): [string, string] => [
      name,
      value.slice(0, VALUE_LENGTH),
    ]);
    // As JSON, so that no value can be written to look like two.
    const key = JSON.stringify([attributes.platform, entries]);
    if (this.#seen.has(key)) return;
    if (this.#seen.size >= REMEMBERED) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    this.#seen.add(key);
    this.#report({
      type: 'door.unmatched',
      attributes: { platform: attributes.platform, fields: Object.fromEntries(entries) },
      path: path.slice(0, PATH_LENGTH),
    });
  }
}
