// Runs README's first config, kills a bot, sends a webhook meanwhile, and draws what the terminal showed as
// docs/images/demo.svg. Every line of the picture is what that run printed, at the pace at which it printed it; only
// the pauses before the commands are added, so that they can be read.
// usage: npm run demo:record      (needs a POSIX shell and curl; another port than 3978: GWPROXY_PORT=3979)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readmeConfig } from './readme-config.mjs';

const port = process.env.GWPROXY_PORT ?? '3978';
const picture = fileURLToPath(new URL('../docs/images/demo.svg', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gwproxy-demo-'));
const bin = join(folder, 'bin');
const env = {
  PATH: [bin, process.env.PATH].join(delimiter),
  HOME: folder,
  GWPROXY_STATE_DIR: join(folder, 'state'),
};

/** One command as it was run, with what it printed: each line, and the time (ms since the command) at which it came. */
async function run(command) {
  const started = performance.now();
  const shell = spawn('sh', ['-c', `{ ${command}\n} 2>&1`], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(shell, 'close');
  let text = '';
  const lines = [];
  for await (const chunk of shell.stdout.setEncoding('utf8')) {
    text += chunk;
    const printed = text.split('\n');
    text = printed.pop();
    for (const line of printed) lines.push({ text: line, at: performance.now() - started });
  }
  if (text !== '') lines.push({ text, at: performance.now() - started });
  const [code] = await ended;
  if (code !== 0) throw new Error(`${command}\nended with exit code ${code}:\n${linesOf({ lines })}`);
  return { command, lines };
}

function linesOf({ lines }) {
  return lines.map((line) => line.text).join('\n');
}

async function profiles() {
  return JSON.parse(linesOf(await run('gwproxy status --json'))).profiles;
}

async function ready(name) {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(50)) {
    const profile = (await profiles()).find((profile) => profile.name === name);
    if (profile.state === 'ready') return profile;
  }
  throw new Error(`${name} was not ready within 30 s`);
}

async function record() {
  const steps = [await run('gwproxy up --detach')];
  const { pid } = await ready('standup-bot');
  const sibling = await ready('triage-bot');
  steps.push(await run('gwproxy status'));
  const killed = await run(
    [
      `kill -9 ${pid}    # standup-bot crashes, and Slack sends it an event at that moment:`,
      `curl -H 'Content-Type: application/json' -d '{"type":"event_callback","team_id":"T0AAAAAAA1"}' \\`,
      `     -w 'HTTP %{http_code} after %{time_total} s\\n' http://127.0.0.1:${port}/slack/events`,
    ].join('\n'),
  );
  // curl's meter is for a terminal alone, and this is a pipe.
  killed.lines = killed.lines.filter(({ text }) => !/^\s*(% Total|Dload|[\d-]+ )|\r/.test(text));
  steps.push(killed);
  const after = await ready('standup-bot');
  steps.push(await run('gwproxy logs -n 4 -t gwproxy'), await run('gwproxy status'));

  const answered = linesOf(killed);
  if (!/^standup-bot\nHTTP 200 after/.test(answered))
    throw new Error(`the webhook was answered:\n${answered}`);
  if (after.pid === pid || after.restarts !== 1) throw new Error('standup-bot was not restarted once');
  if ((await ready('triage-bot')).pid !== sibling.pid) throw new Error('triage-bot was restarted too');
  return steps;
}

const FONT_PX = 12;
const CHARACTER_PX = FONT_PX * 0.6021;
const LINE_PX = 17;
const MARGIN_PX = 16;
/** Before each command but the first, ms: time to read what is there. */
const PAUSE_MS = 1500;

function draw(steps) {
  const rows = [];
  let clock = 0;
  for (const { command, lines } of steps) {
    if (rows.length > 0) clock += PAUSE_MS;
    command.split('\n').forEach((text, index) => {
      rows.push({ text: (index === 0 ? '$ ' : '> ') + text, at: clock, kind: 'command' });
    });
    for (const { text, at } of lines) rows.push({ text, at: clock + at, kind: 'output' });
    rows.push({ text: '', at: clock });
    clock += lines.at(-1)?.at ?? 0;
  }
  rows.pop();
  const columns = Math.max(...rows.map((row) => row.text.length));
  const width = Math.ceil(columns * CHARACTER_PX) + 2 * MARGIN_PX;
  const height = rows.length * LINE_PX + 2 * MARGIN_PX;
  const body = rows.flatMap(({ text, at, kind }, index) => {
    if (text === '') return [];
    const y = MARGIN_PX + index * LINE_PX + FONT_PX;
    const delay = (at / 1000).toFixed(2);
    return `  <text class="${kind}" x="${MARGIN_PX}" y="${y}" style="animation-delay:${delay}s">${toXml(text)}</text>`;
  });
  // A line is visible unless an animation hides it until its time: a viewer that plays none shows all of it.
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
  <title id="title">A bot is killed, the webhook is still answered: drawn from a real run by scripts/record-demo.mjs</title>
  <style>
    text { font: ${FONT_PX}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; animation: appear 0.01s backwards }
    rect { fill: #f6f8fa; stroke: #d1d9e0 }
    .command { fill: #0550ae; font-weight: 600 }
    .output { fill: #1f2328 }
    @keyframes appear { from { opacity: 0 } }
    @media (prefers-color-scheme: dark) {
      rect { fill: #0d1117; stroke: #3d444d }
      .command { fill: #79c0ff }
      .output { fill: #e6edf3 }
    }
    @media (prefers-reduced-motion: reduce) { text { animation: none } }
  </style>
  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${body.join('\n')}
</svg>
`;
}

function toXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

mkdirSync(bin);
symlinkSync(fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)), join(bin, 'gwproxy'));
writeFileSync(join(folder, 'gwproxy.yaml'), readmeConfig(port));
try {
  const steps = await record();
  const shown = steps.map((step) => `$ ${step.command}\n${linesOf(step)}`).join('\n\n');
  if (shown.includes(folder)) throw new Error('the output names a folder of this machine');
  console.log(shown);
  writeFileSync(picture, draw(steps));
  console.log(`\ndrawn: ${picture}`);
} finally {
  await run('gwproxy down --now').catch((error) => console.error(error.message));
  rmSync(folder, { recursive: true, force: true });
}
