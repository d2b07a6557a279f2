import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CommandError, EXIT } from '../../../errors.ts';
import { decideAsDoor } from '../../explain/door-decision.ts';
import {
  type ExplainedRoute,
  type Explanation,
  explain as explanationOf,
  type Target,
} from '../../explain/explanation.ts';
import { loadPlan } from '../../load-config.ts';
import { fieldName, SECRET, yamlText } from '../../output/route-text.ts';
import { print, printJson } from '../../print.ts';

/** Prints which profile would get a request, and why. gwproxy need not be running. */
export async function explain(
  configFile: string,
  options: {
    /** The file with the body; '-' is stdin. */
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
  if (options.json) printJson(explanation, 2);
  else print(text(explanation));
}

async function bodyOf(file: string | undefined): Promise<Buffer | null> {
  if (file === undefined) return null;
  if (file === '-') return buffer(process.stdin);
  try {
    return await readFile(file);
  } catch (cause) {
    throw new CommandError(
      EXIT.usage,
      `the file ${file} with the body cannot be read; name another one, or - for standard input`,
      { cause },
    );
  }
}

function text({ outcome, platform, targets, because, found, deliveries, ...rest }: Explanation): string {
  const chosen = targets.map(targetText).join('; ');
  const places = found.map(({ field, value, place }) => `${fieldName(field)} ${shown(value)} in ${place}`);
  const lines: (readonly [string, string])[] = [
    ['outcome', [outcome, ...(chosen === '' ? [] : [chosen])].join(': ')],
    ...(platform === null ? [] : [['sender', platform] as const]),
    ...places.map((place) => ['found', place] as const),
    ...(deliveries.length > 1
      ? [['batch', `the request holds ${deliveries.length} deliveries; the first is shown`] as const]
      : []),
    ['because', because],
    ...rest.beaten.map((route) => ['beats', explainedRouteText(route)] as const),
    ...(rest.nearest === null ? [] : [['nearest', explainedRouteText(rest.nearest)] as const]),
    ...(rest.claim === null ? [] : [['claim it', rest.claim] as const]),
    ...(rest.note === null ? [] : [['note', rest.note] as const]),
  ];
  return lines.map(([name, value]) => `${name.padEnd(8)}  ${value}`).join('\n');
}

function targetText({ profile, listener, add_prefix: prefix }: Target): string {
  const text = `${profile}, listener ${listener}`;
  return prefix === '' ? text : `${text}, which gets the path behind ${prefix}`;
}

function shown(value: string): string {
  return value === SECRET ? value : yamlText(value);
}

function explainedRouteText({ profile, route, asks, why }: ExplainedRoute): string {
  return `${route} (${asks}) of ${profile}: ${why}`;
}
