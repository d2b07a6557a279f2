import { EXIT } from '../../errors.ts';

/** `gwproxy logs | head`: once nobody reads what this process prints, all is done, and nothing went wrong. */
export function exitWhenStdoutCloses(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure);
  });
}
