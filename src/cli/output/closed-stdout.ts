import { EXIT } from '../../errors.ts';
import { hasCode } from '../../util/errno.ts';

/** Ends the process with 0 when the reader of its stdout goes away, as in `gwproxy logs | head`. */
export function exitWhenStdoutCloses(): void {
  process.stdout.on('error', (error) => {
    process.exit(hasCode(error, 'EPIPE') ? EXIT.ok : EXIT.failure);
  });
}
