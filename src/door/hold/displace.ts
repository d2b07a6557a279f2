import type { Waiter } from './hold-queue.ts';
import type { Room } from './places.ts';

/**
 * The waiting request that gives up its place to one for which there is none; undefined if none does. A verified request
 * displaces one that is not: of its own profile if that is full, else of the profile with the most of them. Among requests
 * of one profile that are not verified, a client with fewer places displaces one with more. The newest of the client with
 * the most places goes, since it has waited for the shortest time.
 */
export function chooseDisplaced<W extends Pick<Waiter, 'client' | 'delivery' | 'order'>>(
  waiting: readonly W[],
  client: Waiter['client'],
  { profile, verified }: Waiter['delivery'],
  room: Exclude<Room, 'fits'>,
): W | undefined {
  if (!verified && room === 'full') return undefined;
  const unverified = waiting.filter(({ delivery }) => !delivery.verified);
  const largest =
    room === 'profile-full' ? profile : mostFrequent(unverified.map(({ delivery }) => delivery.profile));
  const inProfile = unverified.filter(({ delivery }) => delivery.profile === largest);
  const clients = inProfile.map(({ client: one }) => one.clientAddress);
  const crowding = mostFrequent(clients);
  if (!verified) {
    const own = client.clientAddress;
    const count = (one: string | undefined): number => clients.filter((other) => other === one).length;
    // With a difference of one, the two would displace each other in turn.
    if (count(crowding) < count(own) + 2) return undefined;
  }
  const crowd = inProfile.filter((_, at) => clients[at] === crowding);
  return crowd.toSorted((one, other) => other.order - one.order)[0];
}

function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  let most: string | undefined;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (most === undefined || count > (counts.get(most) ?? 0)) most = value;
  }
  return most;
}
