import { EXIT } from '../../errors.ts';
import { hasCode } from '../../util/errno.ts';

/** `gwproxy logs | head`: once nobody reads what this process prints, all is done, and nothing went wrong. */
export function exitWhenStdoutCloses(): void {
  process.stdout.on('error', (error) => {
    process.exit(hasCode(error, 'EPIPE') ? EXIT.ok : EXIT.failure);
  });
}
