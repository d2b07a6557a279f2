/** Bytes of the longest line; a longer one is cut into pieces. */
export const MAX_LINE_BYTES = 64 * 1024;

export const LF = 0x0a;
const CR = 0x0d;

export interface Lines {
  push(chunk: Buffer): void;
  /** Drops the bytes after the last line end. */
  discard(): void;
  /** Emits the bytes after the last line end as a line. */
  end(): void;
}

/**
 * Splits a stream of bytes into lines (LF or CR LF, without their ends). Only whole lines are decoded, so that no
 * character is cut between two chunks; bytes that are not UTF-8 become U+FFFD.
 */
export function createLines(line: (text: string) => void, limit: number = MAX_LINE_BYTES): Lines {
  let rest: Buffer[] = [];
  let buffered = 0;

  function emit(bytes: Buffer): void {
    const end = bytes.at(-1) === CR ? bytes.length - 1 : bytes.length;
    line(bytes.toString('utf8', 0, end));
  }

  /** Emits pieces until at most `limit` bytes are left. */
  function append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    rest.push(bytes);
    buffered += bytes.length;
    if (buffered <= limit) return;
    let long = Buffer.concat(rest, buffered);
    while (long.length > limit) {
      const cut = characterStart(long, limit);
      line(long.toString('utf8', 0, cut));
      long = long.subarray(cut);
    }
    // A copy, since a slice would keep the whole long line in memory.
    rest = [Buffer.from(long)];
    buffered = long.length;
  }

  function flush(): void {
    const whole = rest.length === 1 && rest[0] !== undefined ? rest[0] : Buffer.concat(rest, buffered);
    rest = [];
    buffered = 0;
    emit(whole);
  }

  return {
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
        if (buffered === 0 && end - start <= limit) emit(chunk.subarray(start, end));
        else {
          append(chunk.subarray(start, end));
          flush();
        }
        start = end + 1;
      }
      append(chunk.subarray(start));
    },
    discard() {
      rest = [];
      buffered = 0;
    },
    end() {
      if (buffered > 0) flush();
    },
  };
}

/** The last index up to `at` at which a UTF-8 character begins; `at` itself if none of the four before does. */
function characterStart(bytes: Buffer, at: number): number {
  for (let place = at; place > at - 4 && place > 0; place -= 1) {
    const byte = bytes[place];
    if (byte !== undefined && (byte & 0xc0) !== 0x80) return place;
  }
  return at;
}
