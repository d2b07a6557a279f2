/** Bytes up to which a body is small: the events of every sender but a few with files in them. */
export const SMALL_BODY = 256 * 1024;

/** A body in memory that is still being received, and is not verified. */
export interface ReceivingBody {
  /** Of memory that it has. */
  readonly bytes: number;
  /** Memory times time since it began, in bytes times ms: what it has cost the others. */
  readonly cost: number;
  /** Who sends it: an address. */
  readonly client: string;
  /** The head alone gave the request to a profile. */
  readonly routed: boolean;
}

/**
 * Which bodies must give their memory to `asker`, a body that grows: enough of them for `needed` bytes, worst first, and
 * as many more as free `wanted` bytes, so that the next one that asks finds room. Null if the asker itself is worse than
 * those that could help.
 *
 * The worst are those of the client whose bodies have cost most together, and of these the one that has cost most: a
 * body that stands still costs more with every moment, while a genuine one is soon complete. The small bodies are spared
 * while they have no more than `reserve` bytes together, and so are those that the head routed, so that large ones that
 * say nothing of themselves go first.
 */
export function chooseEvicted<Body extends ReceivingBody>(
  receiving: Iterable<Body>,
  asker: Body,
  { needed, wanted, reserve }: { readonly needed: number; readonly wanted: number; readonly reserve: number },
): readonly Body[] | null {
  const clients = new Map<string, number>();
  let small = 0;
  let routed = 0;
  const all = [...receiving];
  for (const body of all) {
    clients.set(body.client, (clients.get(body.client) ?? 0) + body.cost);
    if (body.bytes <= SMALL_BODY) small += body.bytes;
    if (body.routed) routed += body.bytes;
  }
  const isSpared = (body: Body): boolean =>
    (body.bytes <= SMALL_BODY && small <= reserve) || (body.routed && routed <= reserve);
  const costOfClient = (body: Body): number => clients.get(body.client) ?? 0;
  all.sort(
    (one, other) =>
      Number(isSpared(one)) - Number(isSpared(other)) ||
      costOfClient(other) - costOfClient(one) ||
      other.cost - one.cost,
  );
  const evicted: Body[] = [];
  let freed = 0;
  for (const body of all) {
    if (freed >= wanted || body === asker) break;
    evicted.push(body);
    freed += body.bytes;
  }
  return freed >= needed ? evicted : null;
}
