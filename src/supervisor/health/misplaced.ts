import { connectableHost } from '../ports/connectable-host.ts';
import { addressText, type ListeningAddress } from '../ports/own-listeners.ts';

export interface Expected {
  readonly listener: string;
  /** The host that the config names. */
  readonly host: string;
  readonly port: number;
  /** The ports of the profile's other listeners, at which the gateway is meant to listen too. */
  readonly others: ReadonlySet<number>;
}

/** What to tell the operator of a gateway that listens elsewhere. */
export interface Misplaced {
  readonly reason: string;
  readonly advice: string;
}

/** So many addresses are named. */
const MOST_NAMED = 3;

/**
 * The loopback address at which a gateway listens instead of the one that its config names, which is a loopback
 * address too: `localhost` is 127.0.0.1 to some programs and ::1 to others. Null if it listens at none. Pure.
 */
export function otherLoopback(
  { host, port }: Pick<Expected, 'host' | 'port'>,
  found: readonly ListeningAddress[],
): string | null {
  if (!LOOPBACKS.has(host)) return null;
  const reached = found.flatMap(({ address, port: at }) => (at === port ? [connectableHost(address)] : []));
  return reached.find((address) => address !== host && LOOPBACKS.has(address)) ?? null;
}

const LOOPBACKS: ReadonlySet<string> = new Set(['127.0.0.1', '::1']);

/** What to tell of a gateway that refuses connections at its listener's address; null if it listens nowhere. Pure. */
export function misplaced(
  { listener, host, port, others }: Expected,
  found: readonly ListeningAddress[],
): Misplaced | null {
  const onPort = found.filter((at) => at.port === port);
  const elsewhere = onPort.length > 0 ? onPort : found.filter((at) => !others.has(at.port));
  const [first] = elsewhere;
  if (first === undefined) return null;
  const named = elsewhere.slice(0, MOST_NAMED).map(addressText);
  const more = elsewhere.length - named.length;
  const where = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  const reason = `the gateway listens at ${where}, and not at ${addressText({ address: host, port })}`;
  const field = (text: string): string => `write \`listeners: { ${listener}: { ${text} } }\``;
  if (onPort.length > 0) return { reason, advice: field(`host: '${first.address}'`) };
  const advice = `have it listen on port ${port}, or ${field(`port: ${first.port}`)}`;
  return { reason, advice };
}
