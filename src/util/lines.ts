/** Longest line that is reported whole, in bytes; a longer one comes in pieces of that length. */
export const MAX_LINE_BYTES = 64 * 1024;

export const LF = 0x0a;
const CR = 0x0d;

export interface Lines {
  push(chunk: Buffer): void;
  /** Forgets what came after the last line's end. */
  discard(): void;
  /** What came after the last line's end is a line too. */
  end(): void;
}

/**
 * Cuts a stream of bytes into lines (LF or CR LF, without their end). Decodes whole lines only, so that no
 * character that straddles two chunks is broken; bytes that are no UTF-8 become U+FFFD.
 */
export function createLines(line: (text: string) => void, limit: number = MAX_LINE_BYTES): Lines {
  let rest: Buffer[] = [];
  let held = 0;

  function emit(bytes: Buffer): void {
    const end = bytes.at(-1) === CR ? bytes.length - 1 : bytes.length;
    line(bytes.toString('utf8', 0, end));
  }

  /** The rest is now at most `limit` bytes, whatever came. */
  function keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    rest.push(bytes);
    held += bytes.length;
    if (held <= limit) return;
    let long = Buffer.concat(rest, held);
    while (long.length > limit) {
      const cut = characterStart(long, limit);
      line(long.toString('utf8', 0, cut));
      long = long.subarray(cut);
    }
    // A copy: a slice would keep the whole long line in memory.
    rest = [Buffer.from(long)];
    held = long.length;
  }

  function flush(): void {
    const whole = rest.length === 1 && rest[0] !== undefined ? rest[0] : Buffer.concat(rest, held);
    rest = [];
    held = 0;
    emit(whole);
  }

  return {
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
        if (held === 0 && end - start <= limit) emit(chunk.subarray(start, end));
        else {
          keep(chunk.subarray(start, end));
          flush();
        }
        start = end + 1;
      }
      keep(chunk.subarray(start));
    },
    discard() {
      rest = [];
      held = 0;
    },
    end() {
      if (held > 0) flush();
    },
  };
}

/** The last place up to `at` where a UTF-8 character begins; `at` itself where there is none near. */
function characterStart(bytes: Buffer, at: number): number {
  for (let place = at; place > at - 4 && place > 0; place -= 1) {
    const byte = bytes[place];
    if (byte !== undefined && (byte & 0xc0) !== 0x80) return place;
  }
  return at;
}
