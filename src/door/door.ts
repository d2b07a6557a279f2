import type { Limits } from '../config/types.ts';
import type { DoorError } from '../errors.ts';
import { PATH_LENGTH, type Report } from '../events.ts';
import type { PublicUrl } from '../routing/url/public-url.ts';
import { shownPath } from '../routing/url/shown-path.ts';
import type { DoorPort, SupervisorPort } from '../snapshot.ts';
import { BoundedBudget } from '../util/bounded-budget.ts';
import { errorMessage } from '../util/errno.ts';
import { processLoop } from '../util/loop-share.ts';
import { Timers } from '../util/timers.ts';
import type { DoorContext } from './context.ts';
import { Hold } from './hold/hold.ts';
import { type ListenAddress, Listener } from './http/listener.ts';
import { asDoorError, type Refused } from './http/refusals.ts';
import { newRequestId } from './http/request-id.ts';
import { createSeal } from './match/seal-key.ts';
import { Unmatched, type UnmatchedKeys } from './match/unmatched.ts';
import { serve } from './pipeline/serve.ts';
import { PartialBatches } from './repeats/partial-batches.ts';
import { Repeats } from './repeats/repeats.ts';
import { BodyMemory } from './request/body-memory.ts';
import { BodyPaces } from './request/body-pace.ts';
import { Snapshots } from './snapshots.ts';
import type { Spool } from './spool/spool.ts';
import type { SpoolStore } from './spool/store/store.ts';
import { createSpool, rememberSpooled, type SpooledStats, spooledStats } from './spooling/open-spool.ts';
import { Counters, type ProfileStats } from './upstream/counters.ts';
import { MAX_DETACHED } from './upstream/forward.ts';
import { Leases } from './upstream/leases.ts';
import { Upstreams } from './upstream/upstreams.ts';
import type { FetchText } from './verify/tokens/fetch-text.ts';
import { KeyStore } from './verify/tokens/key-store.ts';
import { Upgrades } from './websocket/upgrades.ts';

export interface DoorOptions extends DoorSettings {
  /** Stores the spooled deliveries of this door alone; without it nothing is acknowledged early. */
  readonly spoolStore?: SpoolStore;
  /** This door's name to the supervisor. */
  readonly id: string;
  readonly supervisor: SupervisorPort;
  readonly report: Report;
  /** Epoch ms. */
  readonly now?: () => number;
  /** Fetches the keys of tokens; by default over the network. */
  readonly fetchText?: FetchText;
  /** As in HoldOptions. */
  readonly roundTimeout?: number;
}

export interface Door {
  readonly port: DoorPort;
  /**
   * Loads what an earlier run left in the spool, then listens, so that new deliveries queue behind the spooled ones.
   * Port 0 means any free port. `fd` is a TCP socket that listens already and stays open for others when the door
   * closes it. Rejects with the system's error if it cannot listen, and if it was closed meanwhile.
   */
  listen(address: ListenAddress): Promise<{ readonly host: string; readonly port: number }>;
  /**
   * Accepts no new connection from now on. Resolves when the requests of all accepted connections have arrived, after
   * half a second at most.
   */
  stopListening(): Promise<void>;
  /**
   * Accepts no new connection, lets requests in flight finish for at most graceMs, then breaks them off. A second call
   * can shorten the grace. Resolves when no connection and no timer is left.
   */
  close(graceMs: number): Promise<void>;
  /** By profile, for the profiles of the newest snapshot. */
  stats(): ReadonlyMap<string, ProfileStats & SpooledStats>;
  /** Attributes of received requests that no profile claims. */
  readonly unmatched: UnmatchedKeys;
  /** Null if this door has no spool, or it cannot be opened. */
  readonly spool: SpoolView | null;
  /** Why the spool cannot be opened, or could not store the last delivery, as a clause; null if all is well. */
  readonly spoolError: string | null;
  /** Applies settings to new requests and connections; those in flight are not affected. */
  configure(settings: DoorSettings): void;
}

export interface DoorSettings {
  readonly limits: Limits;
  readonly publicUrl: PublicUrl | null;
}

/** The part of the spool that operators see and change. */
export type SpoolView = Pick<Spool, 'list' | 'unreadable' | 'retry' | 'drop' | 'counts' | 'stats'>;

/** The data plane: one public port in front of the gateways that the supervisor's snapshots name. */
export function createDoor(options: DoorOptions): Door {
  const { id, supervisor, report, now = Date.now } = options;
  let { publicUrl } = options;
  // One shared object, so that every part sees what configure() changes in it.
  const limits = { ...options.limits };
  const timers = new Timers();
  const counters = new Counters(limits);
  const leases = new Leases(id, supervisor, counters, timers, now);
  const upstreams = new Upstreams({ limits, counters, now });
  const hold = new Hold({
    doorId: id,
    supervisor,
    limits,
    counters,
    timers,
    now,
    roundTimeout: options.roundTimeout,
  });
  const unmatched = new Unmatched(report, now);
  const seal = createSeal();
  const keys = new KeyStore(now, options.fetchText);
  const snapshots = new Snapshots({
    doorId: id,
    supervisor,
    upstreams,
    leases,
    hold,
    counters,
    seal,
    keys,
    onApplied: () => spool?.readinessChanged(),
  });
  /** Null until it is open. */
  let spool: Spool | null = null;
  const context: DoorContext = {
    limits,
    get publicUrl() {
      return publicUrl;
    },
    supervisor,
    now,
    timers,
    counters,
    leases,
    upstreams,
    hold,
    loop: processLoop,
    bodyMemory: new BodyMemory(limits, now),
    bodyPaces: new BodyPaces(limits, timers, now),
    unmatched,
    partialBatches: new PartialBatches(),
    repeats: new Repeats({ timers, now }),
    detached: new BoundedBudget(MAX_DETACHED),
    get spool() {
      return spool;
    },
    spools: (profile) => snapshots.spools(profile),
    ruleSet: () => snapshots.ruleSet,
    report,
    reportRefusal: (error, request, profile) =>
      report(refusal(error, request, context.shownPath(request.req.url ?? ''), profile)),
    shownPath: (target) => shownPath(target, seal, PATH_LENGTH),
  };
  const upgrades = new Upgrades(context);
  const listener = new Listener(context, {
    shedOne: () => context.bodyMemory.evictOldest(),
    request: (exchange) => {
      // The error answer failed too, so only closing is left.
      serve(context, exchange).catch((error: unknown) => {
        exchange.abort();
        context.reportRefusal(asDoorError(error), exchange, null);
      });
    },
    upgrade: (req, connection, early) => {
      upgrades.serve(req, connection, early).catch((error: unknown) => {
        connection.socket.destroy();
        context.reportRefusal(asDoorError(error), { requestId: newRequestId(), req }, null);
      });
    },
  });
  let closing: Promise<void> | undefined;
  let isClosed = false;
  let graceUntil = Number.POSITIVE_INFINITY;

  /** Set while the spool is still opening too, so that a door that closes meanwhile closes it. */
  let opened: Spool | null = null;
  let openFailure: string | null = null;

  async function openSpool(store: SpoolStore): Promise<void> {
    if (closing !== undefined) return;
    opened = createSpool(context, store);
    try {
      const pending = await opened.open();
      spool = opened;
      // Its sender may not have received the acknowledgement, and repeats it.
      for (const one of pending) rememberSpooled(context, one);
      opened.readinessChanged();
    } catch (error) {
      openFailure = errorMessage(error);
      report({ type: 'spool.unusable', reason: openFailure });
    }
  }

  async function shutDown(): Promise<void> {
    await listener.stop();
    await opened?.close(Math.max(0, graceUntil - now()));
    isClosed = true;
    timers.close();
    keys.close();
    await upstreams.destroy();
    report({ type: 'door.closed' });
  }

  return {
    port: { id, apply: (snapshot) => snapshots.apply(snapshot) },
    async listen(address) {
      if (options.spoolStore !== undefined) await openSpool(options.spoolStore);
      if (closing !== undefined) {
        await spool?.close(0);
        throw new Error('the door was closed before it listened');
      }
      return listener.start(address);
    },
    async stopListening() {
      void listener.stop();
      await listener.allReceived();
    },
    close(graceMs) {
      graceUntil = Math.min(graceUntil, now() + graceMs);
      closing ??= shutDown();
      // The spool's deliveries in flight end with the same grace.
      if (graceMs <= 0) void spool?.close(0);
      if (graceMs <= 0) listener.destroyConnections();
      else if (!isClosed) timers.after(graceMs, () => listener.destroyConnections());
      return closing;
    },
    stats: () =>
      new Map(
        [...counters.stats()].map(([profile, stats]) => [
          profile,
          { ...stats, ...spooledStats(spool, profile) },
        ]),
      ),
    unmatched,
    get spool() {
      return spool;
    },
    get spoolError() {
      if (openFailure !== null) return `it cannot be opened: ${openFailure}`;
      const failure = spool?.storeFailure ?? null;
      return failure === null ? null : `the last delivery could not be stored: ${failure}`;
    },
    configure(settings) {
      publicUrl = settings.publicUrl;
      Object.assign(limits, settings.limits);
      listener.configure(limits);
      upstreams.renew();
    },
  };
}

function refusal(error: DoorError, { requestId, req }: Refused, path: string, profile: string | null) {
  return {
    type: 'door.refused',
    code: error.code,
    detail: error.message,
    requestId,
    method: req.method ?? '',
    path,
    profile,
    cause: error.cause instanceof Error ? error.cause.message : null,
  } as const;
}
