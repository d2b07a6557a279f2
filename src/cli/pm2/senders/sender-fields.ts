import type { AppFacts } from '../facts/app-facts.ts';
import { type Note, note, type Plain } from '../notes.ts';
import { type CanUse, claimsOf } from './claims.ts';
import { type Proofs, proofOf } from './proof.ts';
import type { RecognisedSender } from './recognise.ts';
import type { RouteRow } from './sender-row.ts';

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
  const verify = together(parts.map((part) => part.verify));
  const hasVerify = Object.keys(verify).length > 0;
  const called = parts.filter((part) => part.isCalled);
  const openRoutes = parts.flatMap((part) => part.openRoute ?? []);
  const openProofs = parts.flatMap((part) => part.openProof ?? []);
  return {
    fields: { ...(routes.length > 0 ? { routes } : {}), ...(hasVerify ? { verify } : {}) },
    toComplete: [
      ...(openRoutes.length === 0
        ? []
        : [`${routes.length > 0 ? 'and in ' : ''}routes: [${openRoutes.join(', ')}]`]),
      ...(openProofs.length === 0
        ? []
        : [`${hasVerify ? 'and in ' : ''}verify: { ${openProofs.join(', ')} }`]),
    ],
    notes: parts.flatMap((part) => part.notes),
    isRouted: called.length > 0 && called.every((part) => part.routes.length > 0),
  };
}

/** Two senders may be verified by one entry, as WhatsApp and Messenger are: then any secret of either is accepted. */
function together(all: readonly Proofs[]): Readonly<Record<string, Plain>> {
  const merged: Record<string, Plain> = {};
  for (const entry of new Set(all.flatMap((proofs) => Object.keys(proofs)))) {
    const secrets: Readonly<Record<string, string>>[] = [];
    for (const { [entry]: proof } of all) if (proof !== undefined && proof !== true) secrets.push(proof);
    const field = secrets.flatMap((one) => Object.keys(one))[0];
    const texts = [...new Set(secrets.flatMap((one) => Object.values(one)))];
    const [text = ''] = texts;
    merged[entry] = field === undefined ? true : { [field]: texts.length > 1 ? texts : text };
  }
  return merged;
}

interface Part {
  /** Whether its sender calls the app by HTTP. */
  readonly isCalled: boolean;
  readonly routes: readonly Plain[];
  readonly verify: Proofs;
  /** A route for the operator to complete; null for none. */
  readonly openRoute: string | null;
  /** An entry of `verify` for the operator to complete; null for none. */
  readonly openProof: string | null;
  readonly notes: readonly Note[];
}

const NOTHING: Part = {
  isCalled: false,
  routes: [],
  verify: {},
  openRoute: null,
  openProof: null,
  notes: [],
};

function partOf(sender: RecognisedSender, app: App): Part {
  if (sender.way === 'connection') return { ...NOTHING, notes: [senderNote(sender, connectionText(sender))] };
  return sender.way === 'webhook' && app.hasListener ? calledPart(sender, app) : openPart(sender, app);
}

function calledPart(sender: RecognisedSender, app: App): Part {
  const { route, verify } = sender.row;
  const claims = claimsOf([sender], app.facts, app.canUse);
  const twice = claims.filter(({ identity }) => app.twice.has(identity));
  const own = claims.filter((claim) => !twice.includes(claim));
  const open = own.length > 0 ? undefined : route;
  const proof = verify === undefined ? null : proofOf(verify, app.facts, app.canUse, own.length > 0);
  const texts = [
    ...twice.map(({ name }) => `${name} is the same for another app, so neither gets a route by it.`),
    ...(open === undefined ? [] : [`Fill in its route: ${open.where}. ${OR_UNMATCHED}`]),
    ...(proof === null || proof.missing === null ? [] : [proof.missing]),
  ];
  return {
    isCalled: true,
    routes: own.map((claim) => ({ [claim.route.key]: { [claim.field]: claim.value } })),
    verify: proof?.fields ?? {},
    openRoute: exampleOf(open),
    openProof: proof === null || proof.fields !== null ? null : proof.text,
    notes: texts.length === 0 ? [] : [senderNote(sender, texts.join(' '))],
  };
}

/** For an app that gets no listener, although it may be called by HTTP. */
function openPart(sender: RecognisedSender, { facts, canUse }: App): Part {
  const { route, verify } = sender.row;
  const where = route === undefined ? '' : ` In its route, ${route.where}.`;
  return {
    ...NOTHING,
    openRoute: exampleOf(route),
    openProof: verify === undefined ? null : proofOf(verify, facts, canUse, true).text,
    notes: [senderNote(sender, `${openText(sender)} ${TO_BE_CALLED}${where}`)],
  };
}

const OR_UNMATCHED = 'Or send it a message, and take the line that `gwproxy unmatched` prints.';
const TO_BE_CALLED =
  'It runs without a listener, as it does under pm2. If it is called over HTTP, write `listeners: { main: { port: N } }` in place of `listeners: none`, with the port that it listens on, and complete its commented lines.';

function connectionText({ row, because }: RecognisedSender): string {
  const name = row.connectionName ?? 'its library';
  return `It connects by itself (${[name, ...because].join(', ')}), and needs neither a listener nor a route.`;
}

function openText({ row, way, isShared, because }: RecognisedSender): string {
  const seen = because.join(', ');
  if (isShared)
    return `Its list of packages names ${seen} beside those of other senders, so it may be a bot of any.`;
  if (way === 'webhook') {
    return `It is called over HTTP (${seen}), on a port that neither pm2's file nor its script names.`;
  }
  const other = row.connectionName === undefined ? 'only send' : `connect by itself (${row.connectionName})`;
  return `It may be called over HTTP or ${other}: ${seen} can mean both.`;
}

function exampleOf(route: RouteRow | undefined): string | null {
  return route === undefined ? null : `{ ${route.example} }`;
}

function senderNote({ row }: RecognisedSender, text: string): Note {
  return note(row.route?.key ?? row.title, text);
}
