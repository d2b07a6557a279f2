import { execFile } from 'node:child_process';
import { hasCode } from '../../util/errno.ts';

export interface ToolResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** The tool's own error text. */
  readonly reason: string;
}

/** Runs systemctl or launchctl to its end, which may take as long as the service takes to start or stop. */
export function runTool(program: string, args: readonly string[]): Promise<ToolResult> {
  return new Promise((resolve) => {
    execFile(program, args, (error, stdout, stderr) => {
      const missing = hasCode(error, 'ENOENT');
      const said = missing
        ? `the program ${program} is not installed`
        : stderr.trim() || (error?.message ?? '');
      resolve({ ok: error === null, stdout, reason: said });
    });
  });
}
