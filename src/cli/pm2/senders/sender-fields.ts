import type { AppFacts } from '../facts/app-facts.ts';
import { type Note, note, type Plain } from '../notes.ts';
import type { CanUse, Claim } from './claims.ts';
import { type Proof, proofOf } from './proof.ts';
import type { RecognisedSender } from './recognise.ts';

/** What a profile says of its senders. */
export interface SenderFields {
  /** `routes` and `verify`, as far as they are certain. */
  readonly fields: Readonly<Record<string, Plain>>;
  /** Lines of config that the operator completes, written as comments. */
  readonly toComplete: readonly string[];
  /** One for each sender of which something is to be known or done. */
  readonly notes: readonly Note[];
  /** True if every sender that calls the app has a route. */
  readonly isRouted: boolean;
}

interface App {
  readonly senders: readonly RecognisedSender[];
  readonly facts: AppFacts;
  readonly claims: readonly Claim[];
  /** The identities of claims that another app has too. */
  readonly twice: ReadonlySet<string>;
  readonly canUse: CanUse;
  /** Without one, a route or `verify` would be a mistake. */
  readonly hasListener: boolean;
}

/** Routes and verification of an app's senders. What is not certain is left to the operator. Pure. */
export function senderFields(app: App): SenderFields {
  const parts = app.senders.map((sender) => partOf(sender, app));
  const routes = parts.flatMap((part) => part.routes);
  const verify: Readonly<Record<string, Plain>> = Object.assign({}, ...parts.map((part) => part.verify));
  const called = parts.filter((part) => part.isCalled);
  return {
    fields: {
      ...(routes.length > 0 ? { routes } : {}),
      ...(Object.keys(verify).length > 0 ? { verify } : {}),
    },
    toComplete: parts.flatMap((part) => part.toComplete),
    notes: parts.flatMap((part) => part.notes),
    isRouted: called.length > 0 && called.every((part) => part.routes.length > 0),
  };
}

interface Part {
  /** Whether its sender calls the app by HTTP. */
  readonly isCalled: boolean;
  readonly routes: readonly Plain[];
  readonly verify: Readonly<Record<string, Plain>>;
  readonly toComplete: readonly string[];
  readonly notes: readonly Note[];
}

const NOTHING: Part = { isCalled: false, routes: [], verify: {}, toComplete: [], notes: [] };

function partOf(sender: RecognisedSender, app: App): Part {
  if (sender.way === 'connection') return { ...NOTHING, notes: [senderNote(sender, connectionText(sender))] };
  return sender.way === 'webhook' && app.hasListener ? calledPart(sender, app) : openPart(sender, app);
}

function calledPart(sender: RecognisedSender, app: App): Part {
  const { route, verify } = sender.row;
  const [twice, own] = [true, false].map((isTwice) =>
    app.claims.filter((claim) => claim.route === route && app.twice.has(claim.identity) === isTwice),
  );
  const routes = (own ?? []).map((claim) => ({ [claim.route.key]: { [claim.field]: claim.value } }));
  const hasRoute = routes.length > 0;
  const proof = verify === undefined ? null : proofOf(verify, app.facts, app.canUse, hasRoute);
  const texts = [
    ...(twice ?? []).map(({ name }) => `${name} is the same for another app, so neither gets a route by it.`),
    ...(hasRoute || route === undefined
      ? []
      : [
          `Fill in its route: ${route.where}. Or send it a message, and take the line that \`gwproxy unmatched\` prints.`,
        ]),
    ...(proof === null || proof.missing === null ? [] : [proof.missing]),
  ];
  return {
    isCalled: true,
    routes,
    verify: proof?.fields ?? {},
    toComplete: [
      ...(hasRoute || route === undefined ? [] : [`routes: [{ ${route.example} }]`]),
      ...(proof === null || proof.fields !== null ? [] : [proof.line]),
    ],
    notes: texts.length === 0 ? [] : [senderNote(sender, texts.join(' '))],
  };
}

/** For an app that gets no listener, although it may be called by HTTP. */
function openPart(sender: RecognisedSender, app: App): Part {
  const { row, way } = sender;
  const proof: Proof | null =
    row.verify === undefined ? null : proofOf(row.verify, app.facts, app.canUse, true);
  const where = row.route === undefined ? '' : ` ${sentence(row.route.where)}.`;
  const text = `${way === 'unsure' ? unsureText(sender) : portlessText(sender)} ${TO_BE_CALLED}${where}`;
  return {
    ...NOTHING,
    toComplete: [
      ...(row.route === undefined ? [] : [`routes: [{ ${row.route.example} }]`]),
      ...(proof === null ? [] : [proof.line]),
    ],
    notes: [senderNote(sender, text)],
  };
}

const TO_BE_CALLED =
  'If it is called over HTTP, write `listeners: { main: { port: N } }` in place of `listeners: none`, with the port that it listens on, and take in the lines below.';

function connectionText({ row, because }: RecognisedSender): string {
  const name = row.connectionName ?? 'its library';
  return `It connects by itself (${[name, ...because].join(', ')}), and needs neither a listener nor a route.`;
}

function unsureText({ row, because }: RecognisedSender): string {
  const other = row.connectionName === undefined ? 'only send' : `connect by itself (${row.connectionName})`;
  return `It may be called over HTTP or ${other}: ${because.join(', ')} can mean both. It runs without a listener, as it does under pm2.`;
}

function portlessText({ because }: RecognisedSender): string {
  return `It is called over HTTP (${because.join(', ')}), on a port that neither pm2's file nor its script names. It runs without a listener, as it does under pm2.`;
}

function senderNote({ row }: RecognisedSender, text: string): Note {
  return note(row.route?.key ?? row.title, text);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
