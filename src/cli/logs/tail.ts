import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Rotated } from '../../logs/rotated.ts';
import { createLines, LF } from '../../util/lines.ts';

const BLOCK_BYTES = 64 * 1024;
/** The longest stored line: a line of output, and its time stamp. */
export const STORED_LINE_BYTES = 128 * 1024;

/** The last `count` whole lines before `end`. Reads backwards, and no more of the file than needed. */
export async function lastLines(handle: FileHandle, end: number, count: number): Promise<readonly string[]> {
  const blocks: Buffer[] = [];
  let start = end;
  // The line end before the first wanted line is needed too.
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

/** The offset after the last line end before `end`; a line behind it is still being written. */
export async function lastLineEnd(handle: FileHandle, end: number): Promise<number> {
  for (let start = end; start > 0; ) {
    const size = Math.min(BLOCK_BYTES, start);
    const at = (await readExactly(handle, start - size, size)).lastIndexOf(LF);
    if (at !== -1) return start - size + at + 1;
    start -= size;
  }
  return 0;
}

/** The last `count` lines of a rotated file. Throws the error of the file system or of gunzip. */
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
    // Memory is bounded by `count`, not by the file's size.
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

/** Returns fewer bytes if the file ends before. */
export async function readExactly(handle: FileHandle, position: number, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await handle.read(bytes, 0, size, position);
  return bytes.subarray(0, bytesRead);
}
