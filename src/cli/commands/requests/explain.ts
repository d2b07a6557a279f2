import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CommandError, EXIT } from '../../../errors.ts';
import { decideAsDoor } from '../../explain/door-decision.ts';
import {
  type ExplainedRoute,
  type Explanation,
  explain as explanationOf,
} from '../../explain/explanation.ts';
import { loadPlan } from '../../load-config.ts';
import { fieldName, SECRET, yamlText } from '../../output/route-text.ts';

/** Tells which profile a request would go to, and why. No gwproxy need run. */
export async function explain(
  configFile: string,
  options: {
    /** Of the body; '-' is stdin, undefined none. */
    readonly file: string | undefined;
    readonly path: string;
    readonly method: string | undefined;
    readonly headers: readonly string[];
    readonly json: boolean;
  },
): Promise<void> {
  const { plan } = await loadPlan(configFile);
  const { path, method, headers } = options;
  const body = await bodyOf(options.file);
  const explanation = explanationOf(plan, decideAsDoor(plan, { path, method, headers, body }), process.cwd());
  console.log(options.json ? JSON.stringify(explanation, null, 2) : text(explanation));
}

async function bodyOf(file: string | undefined): Promise<Buffer | null> {
  if (file === undefined) return null;
  if (file === '-') return buffer(process.stdin);
  try {
    return await readFile(file);
  } catch (cause) {
    throw new CommandError(
      EXIT.usage,
      `the body's file ${file} cannot be read; name another, or - for standard input`,
      { cause },
    );
  }
}

function text({ outcome, platform, targets, because, found, deliveries, ...rest }: Explanation): string {
  const who = targets.map(({ profile, listener }) => `${profile}, listener ${listener}`).join('; ');
  const places = found.map(({ field, value, place }) => `${fieldName(field)} ${shown(value)} in ${place}`);
  const lines: (readonly [string, string])[] = [
    ['outcome', [outcome, ...(who === '' ? [] : [who])].join(': ')],
    ...(platform === null ? [] : [['sender', platform] as const]),
    ...places.map((place) => ['found', place] as const),
    ...(deliveries.length > 1
      ? [['batch', `for ${deliveries.length} keys; the first is shown`] as const]
      : []),
    ['because', because],
    ...rest.beaten.map((route) => ['beats', besideText(route)] as const),
    ...(rest.nearest === null ? [] : [['nearest', besideText(rest.nearest)] as const]),
    ...(rest.claim === null ? [] : [['claim it', rest.claim] as const]),
  ];
  return lines.map(([name, value]) => `${name.padEnd(8)}  ${value}`).join('\n');
}

function shown(value: string): string {
  return value === SECRET ? value : yamlText(value);
}

function besideText({ profile, route, asks, why }: ExplainedRoute): string {
  return `${route} (${asks}) of ${profile}: ${why}`;
}
