import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Rotated } from '../../logs/rotated.ts';
import { createLines, LF } from '../../util/lines.ts';

const BLOCK_BYTES = 64 * 1024;
/** A stored line is a told one and its stamp. */
export const STORED_LINE_BYTES = 128 * 1024;

/** The last `count` whole lines before `end`, read from there backwards, and no more of the file than that. */
export async function lastLines(handle: FileHandle, end: number, count: number): Promise<readonly string[]> {
  const blocks: Buffer[] = [];
  let start = end;
  // One more than wanted: that is where the first wanted one begins.
  for (let ends = 0; start > 0 && ends <= count && count > 0; ) {
    const size = Math.min(BLOCK_BYTES, start);
    const block = await readExactly(handle, start - size, size);
    start -= size;
    blocks.unshift(block);
    for (let at = block.indexOf(LF); at !== -1; at = block.indexOf(LF, at + 1)) ends += 1;
  }
  const lines = linesOf(Buffer.concat(blocks));
  return count === 0 ? [] : lines.slice(-count);
}

/** Up to the last line's end at `end` or before: what is behind it is still being written. */
export async function lastLineEnd(handle: FileHandle, end: number): Promise<number> {
  for (let start = end; start > 0; ) {
    const size = Math.min(BLOCK_BYTES, start);
    const at = (await readExactly(handle, start - size, size)).lastIndexOf(LF);
    if (at !== -1) return start - size + at + 1;
    start -= size;
  }
  return 0;
}

/** The last `count` lines of a file that is written no more. Throws what the system, or gunzip, says. */
export async function lastOfRotated(
  { path, compressed }: Rotated,
  count: number,
): Promise<readonly string[]> {
  if (compressed) return (await readCompressed(path, count)).slice(-count);
  const handle = await open(path, 'r');
  try {
    return await lastLines(handle, (await handle.stat()).size, count);
  } finally {
    await handle.close();
  }
}

async function readCompressed(path: string, count: number): Promise<readonly string[]> {
  let kept: string[] = [];
  const lines = createLines((line) => {
    kept.push(line);
    // Bounded by what is wanted, not by what is there.
    if (kept.length >= 2 * count + 1024) kept = kept.slice(-count);
  }, STORED_LINE_BYTES);
  await pipeline(createReadStream(path), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) lines.push(chunk);
  });
  lines.end();
  return kept;
}

function linesOf(bytes: Buffer): readonly string[] {
  const found: string[] = [];
  const lines = createLines((line) => found.push(line), STORED_LINE_BYTES);
  lines.push(bytes);
  lines.end();
  return found;
}

/** Fewer bytes where the file has no more. */
export async function readExactly(handle: FileHandle, position: number, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await handle.read(bytes, 0, size, position);
  return bytes.subarray(0, bytesRead);
}
