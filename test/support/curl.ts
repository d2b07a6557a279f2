import { execFile } from 'node:child_process';

export interface CurlRequest {
  /** Path and query, sent as they stand. */
  readonly target: string;
  /** POST with a body and GET without one, unless it is named. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Sends it with curl, as a client that is not Node's. */
export function curl(
  url: string,
  { target, method, headers = {}, body }: CurlRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  const args = [
    ...['--silent', '--show-error', '--max-time', '30', '--globoff', '--path-as-is'],
    ...['--write-out', '\\n%{http_code}'],
    ...(method === undefined ? [] : ['--request', method]),
    ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    ...(body === undefined ? [] : ['--data-binary', '@-']),
    url + target,
  ];
  return new Promise((resolve, reject) => {
    const child = execFile('curl', args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null) return reject(new Error(`curl: ${stderr}`, { cause: error }));
      const end = stdout.lastIndexOf('\n');
      resolve({ status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) });
    });
    child.stdin?.end(body ?? '');
  });
}
