import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * The path of a Python 3, for programs that a test needs from another hand than Node's. The system's own comes first: any
 * user may run it, and a version manager's `python3` is a shell script, which takes ten times as long to start.
 */
export const python: string = existsSync('/usr/bin/python3')
  ? '/usr/bin/python3'
  : execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
