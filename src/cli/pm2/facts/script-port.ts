import type { Script } from './app-facts.ts';

/** What a script says of the port that it listens on. */
export interface ScriptPort {
  /** Whether it reads PORT. */
  readonly readsPort: boolean;
  /** What it takes if PORT is not set, or always if it does not read PORT; null if it says none, or several. */
  readonly otherwise: number | null;
  /** Whether it seems to start an HTTP server at all. */
  readonly serves: boolean;
}

const READS =
  /\b(?:process|Bun)\.env\.PORT\b|\bprocess\.env\.port\b|\benv\s{0,9}\[\s{0,9}["']PORT["']|\b(?:environ|getenv|env|config)\b[.\w]{0,20}\s{0,9}[[(]\s{0,9}["']PORT["']|\bPORT\b[^;\n]{0,80}\}\s{0,9}=\s{0,9}process\.env\b/;
const OTHERWISE = [
  /\benv(?:\.PORT|\[["']PORT["']\])\s{0,9}\)?\s{0,9}(?:\|\||\?\?)\s{0,9}["'`]?(\d{2,5})\b/i,
  /["']PORT["']\s{0,9},\s{0,9}(?:default\s{0,9}=\s{0,9})?["']?(\d{2,5})\b/,
  /["']PORT["']\s{0,9}\)\s{0,9}or\s{0,9}["']?(\d{2,5})\b/,
  /\bPORT\s{0,9}=\s{0,9}["']?(\d{2,5})["']?[^;\n]{0,80}\}\s{0,9}=\s{0,9}process\.env\b/,
];
const SERVES =
  /\b(?:createServer|listen|express|fastify|Hono|Koa|Elysia|HTTPServer|TCPServer|run_app|Flask|FastAPI|Sanic|Starlette|uvicorn|start_server|TCPSite)\b|\bBun\.serve\b|\bserve\s{0,9}\(/;

/** A port that is written as such: `listen(3000)`, `start({ port: 3000 })`, `run_app(app, port=8080)`. */
const WRITTEN =
  /\.(?:listen|start)\s{0,9}\(\s{0,9}(?:\{[^}\n]{0,80}\bport\s{0,9}:\s{0,9})?(\d{2,5})\b|\b(?:run|run_app|start|serve)\s{0,9}\([^)\n]{0,80}\bport\s{0,9}=\s{0,9}(\d{2,5})\b/g;

/** The same with a port that stands elsewhere, or with something else: then no number says what the bot listens on. */
const ELSEWHERE =
  /\.(?:listen|start)\s{0,9}\(\s{0,9}(?:\{[^}\n]{0,80}\bport\s{0,9}:\s{0,9})?[A-Za-z_$][\w$.]{0,80}\s{0,9}[,)}]/;

/** Pure; takes time in proportion to the script. */
export function scriptPort(script: Script | null): ScriptPort {
  const text = script?.text ?? '';
  const readsPort = READS.test(text);
  const written = new Set(
    readsPort || ELSEWHERE.test(text)
      ? []
      : [...text.matchAll(WRITTEN)].map(([, one, other]) => one ?? other),
  );
  const found = [
    ...OTHERWISE.map((pattern) => pattern.exec(text)?.[1]),
    ...(written.size === 1 ? written : []),
  ].find((digits) => digits !== undefined);
  const port = Number(found);
  return {
    readsPort,
    otherwise: port >= 1 && port <= 65_535 ? port : null,
    serves: SERVES.test(text),
  };
}
