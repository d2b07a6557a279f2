import { z } from 'zod';
import type { PlatformName } from '../../../routing/route.ts';
import { sha256Hex } from '../../../util/hashing.ts';
import { processLoop } from '../../../util/loop-share.ts';
import { isPlainObject } from '../../../util/plain-object.ts';
import { type FirstLine, FORMAT, isPlatformName, migrate } from './formats.ts';
import type { Spooled, SpoolRequest } from './spooled-delivery.ts';

// A file of the spool is one line of JSON, then the body's bytes as they came.

/** Bytes of the first line, far above the door's limit for headers; a file with a longer one is not the spool's. */
export const LONGEST_LINE = 256 * 1024;

const NEWLINE = 0x0a;

const time = z.number().int().nonnegative();
const LINE = z.object({
  profile: z.string(),
  platform: z.custom<PlatformName>(isPlatformName),
  method: z.string(),
  target: z.string().startsWith('/'),
  publicTarget: z.string().startsWith('/'),
  headers: z.array(z.string()).refine((headers) => headers.length % 2 === 0),
  orderKey: z.string().nullable(),
  dedupKey: z.array(z.string()).nullable(),
  receivedAt: time,
  expiresAt: time.nullable(),
  length: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The file is not what any gwproxy wrote: it is torn or changed. */
export class CorruptRecord extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'CorruptRecord';
  }
}

/** A newer gwproxy wrote the file, and can read it. */
export class NewerRecord extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NewerRecord';
  }
}

/** The file for a request, and the part of it that stays in memory. */
export function encodeRecord(
  id: string,
  request: SpoolRequest,
): { readonly spooled: Spooled; readonly chunks: readonly Buffer[] } {
  const { body, headers, sha256 } = request;
  const facts = factsOf(request);
  const line = Buffer.from(
    `${JSON.stringify({ version: FORMAT, ...facts, headers, length: body.length, sha256 })}\n`,
  );
  return {
    spooled: { id, ...facts, sha256, bytes: line.length + body.length },
    chunks: [line, body],
  };
}

/** Reads a file's head from its first bytes; `size` is the whole file's. Throws CorruptRecord or NewerRecord. */
export function decodeHead(id: string, bytes: Buffer, size: number): Spooled {
  const { line, start } = readLine(bytes);
  if (start + line.length !== size)
    throw new CorruptRecord(`the file has ${size} bytes, not as many as its first line says`);
  return spooledOf(id, line, size);
}

/** Reads a whole file and checks its body's digest. Throws CorruptRecord or NewerRecord. */
export async function decodeRecord(
  id: string,
  bytes: Buffer,
): Promise<{ spooled: Spooled; request: SpoolRequest }> {
  const spooled = decodeHead(id, bytes, bytes.length);
  const { line, start } = readLine(bytes);
  const body = bytes.subarray(start);
  const sha256 = await sha256Hex(processLoop, body);
  if (sha256 !== line.sha256) throw new CorruptRecord('its body differs from the one that was written');
  return { spooled, request: { ...factsOf(line), headers: line.headers, body, sha256 } };
}

type Facts = Omit<SpoolRequest, 'body' | 'headers' | 'sha256'>;

/** Copies the known fields only, so that nothing else gets to the disk. */
function factsOf(request: Facts): Facts {
  const { profile, platform, method, target, publicTarget } = request;
  const { orderKey, dedupKey, receivedAt, expiresAt } = request;
  return { profile, platform, method, target, publicTarget, orderKey, dedupKey, receivedAt, expiresAt };
}

function spooledOf(id: string, line: z.infer<typeof LINE>, bytes: number): Spooled {
  return { id, ...factsOf(line), sha256: line.sha256, bytes };
}

/** The profile that a file names, however damaged or new it is; null if it names none that can be read. */
export function profileIn(bytes: Buffer): string | null {
  try {
    const { profile } = firstLine(bytes).fields;
    return typeof profile === 'string' ? profile : null;
  } catch (error) {
    if (error instanceof CorruptRecord) return null;
    throw error;
  }
}

function readLine(bytes: Buffer): { readonly line: z.infer<typeof LINE>; readonly start: number } {
  const { fields, start } = firstLine(bytes);
  const migrated = migrate(fields);
  if (migrated.kind === 'newer') throw new NewerRecord(migrated.reason);
  if (migrated.kind === 'none') throw new CorruptRecord('its first line names no format');
  const read = LINE.safeParse(migrated.line);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new CorruptRecord(`its first line has no valid field ${issue?.path.join('.')}`, {
      cause: read.error,
    });
  }
  return { line: read.data, start };
}

function firstLine(bytes: Buffer): { readonly fields: FirstLine; readonly start: number } {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf(NEWLINE);
  if (end === -1) throw new CorruptRecord('its first line does not end');
  const fields = parseJson(bytes.toString('utf8', 0, end));
  if (!isPlainObject(fields)) throw new CorruptRecord('its first line is not a JSON object');
  return { fields, start: end + 1 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CorruptRecord('its first line is not JSON', { cause });
  }
}
