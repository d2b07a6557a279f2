import type { TestContext } from 'node:test';
import type { DeliveryMode, VerifyRules } from '../../../src/config/types.ts';
import type { ProfileRules } from '../../../src/snapshot.ts';
import type { Sending } from '../../support/senders.ts';
import { dial } from './raw.ts';

const NONE: VerifyRules = {
  botFramework: null,
  slack: null,
  github: null,
  gitea: null,
  line: null,
  meta: null,
  telegram: null,
  twilio: null,
  discord: null,
  graph: null,
};

/** Null verifies nothing. */
export function rules(
  profile: string,
  verify: Partial<VerifyRules> | null,
  delivery: DeliveryMode = 'spool',
): ProfileRules {
  return { profile, verify: verify === null ? null : { ...NONE, ...verify }, delivery };
}

/** The bytes of a request; its connection ends with the answer. */
export function bytesOf({ path, headers, body }: Sending, method = 'POST'): string {
  const { Host = 'bots.example.com', ...others } = headers;
  const lines = Object.entries(others).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${Host}\r\nConnection: close\r\n${lines.join('')}`;
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The answer to one request on a connection of its own. */
export async function send(
  t: TestContext,
  { port }: { readonly port: number },
  sending: Sending,
  method = 'POST',
): Promise<string> {
  return (await dial(t, port)).send(Buffer.from(bytesOf(sending, method))).end();
}
