import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createProxyServer } from 'httpxy';
import { DoorError } from '../../errors.ts';
import { matchHead } from '../../routing/match.ts';
import type { Address } from '../../snapshot.ts';
import type { DoorContext } from '../context.ts';
import type { Connection } from '../http/connection.ts';
import { noRoute, notReadyYet } from '../http/refusals.ts';
import { senderRequestId } from '../http/request-id.ts';
import { forwardingOf, gatewayPath, senderTimeout } from '../match/prepare.ts';
import { matchBasis } from '../match/rule-set.ts';
import { recordUnmatched } from '../match/unmatched.ts';
import { admitUpgrade } from '../pipeline/admit.ts';
import { deliver } from '../pipeline/deliver.ts';
import type { Head } from '../request/head.ts';
import { readHead } from '../request/read-head.ts';
import { type Forwarding, requestHeaders } from '../upstream/headers.ts';
import { Session } from './session.ts';

/** Serves the opening handshakes of WebSockets, for routes that the head alone decides. */
export class Upgrades {
  readonly #context: DoorContext;
  readonly #proxy = createProxyServer();
  readonly #sessions = new WeakMap<IncomingMessage, Session>();

  constructor(context: DoorContext) {
    this.#context = context;
    this.#proxy.on('proxyReqWs', (out, req) => this.#sessions.get(req)?.trackRequest(out));
    this.#proxy.on('error', (error, req) => {
      if (req !== undefined) this.#sessions.get(req)?.proxyFailed(error);
    });
  }

  /** Serves one upgrade until its connection ends. Never rejects: errors are answered. */
  async serve(req: IncomingMessage, connection: Connection, early: Buffer): Promise<void> {
    const session = new Session(this.#context, req, connection);
    this.#sessions.set(req, session);
    let profile: string | null = null;
    try {
      const head = readHandshake(req, early);
      session.requestId = senderRequestId(head) ?? session.requestId;
      const ruleSet = this.#context.ruleSet();
      if (ruleSet === null) throw notReadyYet();
      const match = matchHead(ruleSet.table, head);
      if (match.kind === 'refused') throw new DoorError(match.code, match.detail);
      if (match.kind === 'unmatched') recordUnmatched(this.#context, head, match.attributes);
      if (match.kind !== 'match') throw noRoute();
      profile = match.profile;
      await admitUpgrade(this.#context, session, ruleSet, head, match);
      const { path, stripped } = gatewayPath(match.route, head.path);
      const { arrivedAt } = session;
      const forwarding = forwardingOf(match.route, this.#context.publicUrl, session, stripped);
      req.headers = upgradeHeaders(head, forwarding);
      const basis = matchBasis(this.#context.loop, ruleSet, head, match, 'streamed');
      const deadline = (): number => senderTimeout(match, head);
      const delivery = { profile, path, arrivedAt, bytes: 0, verified: false, deadline, basis };
      await deliver(this.#context, session, delivery, (upstream, address) => {
        // Now, and not once connected: the match holds for the plan of this moment.
        req.url = upstream.target.addPrefix + path + head.search;
        return session.join(upstream, address, (socket, agent) =>
          this.#proxy.ws(req, socket, { target: targetOf(address), agent }),
        );
      });
    } catch (error) {
      session.refuse(error, profile);
    }
  }
}

function readHandshake(req: IncomingMessage, early: Buffer): Head {
  const head = readHead(req);
  if (early.length === 0) return head;
  throw new DoorError('GWPROXY_REQUEST_INVALID', 'bytes follow the WebSocket handshake before its answer');
}

/** The headers as Node's client takes them: a repeated header is a list under its first spelling. */
function upgradeHeaders(head: Head, forwarding: Forwarding): IncomingHttpHeaders {
  const flat = requestHeaders(head, forwarding);
  const names = new Map<string, string>();
  const headers: Record<string, string | string[]> = { upgrade: 'websocket', connection: 'Upgrade' };
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at] ?? '';
    const value = flat[at + 1] ?? '';
    const first = names.get(name.toLowerCase()) ?? name;
    names.set(name.toLowerCase(), first);
    const known = headers[first];
    headers[first] = known === undefined ? value : [known, value].flat();
  }
  return headers;
}

function targetOf(address: Address): { host?: string; port?: number; socketPath?: string } {
  return 'socket' in address ? { socketPath: address.socket } : { host: address.host, port: address.port };
}
