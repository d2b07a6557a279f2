import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { listenStream } from '../../../src/cli/service/describe-service.ts';
import { launchdAgent } from '../../../src/cli/service/launchd.ts';
import type { ServiceDefinition } from '../../../src/cli/service/service-definition.ts';
import { serviceName } from '../../../src/cli/service/service-name.ts';
import { systemdSocket, systemdUnit } from '../../../src/cli/service/systemd.ts';
import { stopTime } from '../../../src/config/stop-time.ts';
import { temporaryFolder } from '../../support/sockets.ts';

const ODD = [
  'with space',
  '100%',
  'a$HOME',
  'quo"te',
  "quo'te",
  'back\\slash',
  'ünï',
  'semi ; colon',
  '%h',
  '&<b>',
];

function serviceIn(folder: string, more: Partial<ServiceDefinition> = {}): ServiceDefinition {
  return {
    name: 'gwproxy-bots-1a2b3c4d',
    configFile: join(folder, 'gwproxy.yaml'),
    folder,
    stateFolder: join(folder, 'state'),
    node: process.execPath,
    main: join(folder, 'main.js'),
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
    stopTime: 30_000,
    socket: null,
    user: null,
    ...more,
  };
}

/** The value of a unit's only line with that name. */
function value(unit: string, name: string): string {
  const found = unit.split('\n').filter((line) => line.startsWith(`${name}=`));
  assert.equal(found.length, 1, name);
  return found[0]?.slice(name.length + 1) ?? '';
}

function verified(
  file: string,
  runtime: string,
  user: boolean,
): Promise<{ readonly code: number | string | null; readonly said: string }> {
  return new Promise((resolve) => {
    execFile(
      'systemd-analyze',
      ['verify', '--man=no', ...(user ? ['--user'] : []), file],
      { env: { PATH: process.env['PATH'] ?? '', HOME: runtime, XDG_RUNTIME_DIR: runtime } },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? null), said: `${stdout}${stderr}`.trim() });
      },
    );
  });
}

// systemd-analyze must be installed, but systemd need not run.
test('systemd-analyze accepts the units, whatever the folders are called', {
  skip: process.platform !== 'linux' && 'systemd is Linux alone',
}, async (t) => {
  const root = await temporaryFolder(t);
  for (const [index, name] of ['plain', ...ODD].entries()) {
    const folder = join(root, name);
    await mkdir(folder);
    // `verify` looks for the unit's program, so this also shows that the path is quoted correctly.
    const node = /["'\\]/.test(name) ? process.execPath : join(folder, 'node');
    await writeFile(join(folder, 'node'), '#!/bin/sh\n');
    await chmod(join(folder, 'node'), 0o755);
    for (const user of [null, 'root']) {
      const file = join(root, `gwproxy-${index}-${user ?? 'own'}.service`);
      await writeFile(file, systemdUnit(serviceIn(folder, { node, user, env: { PATH: `${folder}:/bin` } })));
      const { code, said } = await verified(file, root, user === null);
      assert.deepEqual({ code, said }, { code: 0, said: '' }, name);
    }
  }
});

test('systemd-analyze accepts a unit with its socket, and rejects an invalid address', {
  skip: process.platform !== 'linux' && 'systemd is Linux alone',
}, async (t) => {
  const root = await temporaryFolder(t);
  const service = serviceIn(join(root, '100%'), {
    main: process.execPath,
    folder: root,
    socket: '[::1]:3978',
  });
  await writeFile(join(root, `${service.name}.service`), systemdUnit(service));
  const file = join(root, `${service.name}.socket`);
  await writeFile(file, systemdSocket(service, '[::1]:3978'));
  assert.deepEqual(await verified(file, root, true), { code: 0, said: '' });
  await writeFile(file, systemdSocket(service, 'localhost:3978'));
  assert.match((await verified(file, root, true)).said, /ListenStream|Failed to parse|no Listen/i);
});

test('a unit with a socket requires it and is ordered after it', () => {
  const service = serviceIn('/srv/bots', { socket: '127.0.0.1:3978' });
  const unit = systemdUnit(service);
  assert.equal(value(unit, 'Requires'), `${service.name}.socket`);
  assert.equal(value(unit, 'After'), `${service.name}.socket`);
  const socket = systemdSocket(service, '127.0.0.1:3978');
  assert.equal(value(socket, 'ListenStream'), '127.0.0.1:3978');
  assert.equal(value(socket, 'WantedBy'), 'sockets.target');
  assert.doesNotMatch(systemdUnit(serviceIn('/srv/bots')), /\.socket$/m);
});

test('a socket unit listens on the address in the config; a host name is refused', () => {
  assert.equal(listenStream({ host: '127.0.0.1', port: 3978 }), '127.0.0.1:3978');
  assert.equal(listenStream({ host: '::', port: 80 }), '[::]:80');
  assert.equal(listenStream({ host: 'localhost', port: 3978 }), '127.0.0.1:3978');
  for (const [host, port] of [
    ['bots.example.com', 80],
    ['127.0.0.1', 0],
  ] as const) {
    assert.throws(() => listenStream({ host, port }), /needs an address and a port in `listen:`/);
  }
});

test('systemd-analyze rejects a broken unit', {
  skip: process.platform !== 'linux' && 'systemd is Linux alone',
}, async (t) => {
  const root = await temporaryFolder(t);
  const file = join(root, 'gwproxy-bad.service');
  await writeFile(file, systemdUnit(serviceIn(root, { node: join(root, 'none') })));
  assert.match((await verified(file, root, true)).said, /not executable|No such file/);
});

test('a word of a unit is quoted, with specifiers and variables escaped', () => {
  const unit = systemdUnit(serviceIn('/srv/my "bots" 100% $HOME', { node: '/opt/$x/node' }));
  assert.equal(
    value(unit, 'ExecStart'),
    '"/opt/$x/node" "/srv/my \\"bots\\" 100%% $$HOME/main.js" up -c "/srv/my \\"bots\\" 100%% $$HOME/gwproxy.yaml"',
  );
  assert.equal(value(unit, 'WorkingDirectory'), '/srv/my "bots" 100%% $HOME');
  const environment = systemdUnit(serviceIn('/srv', { env: { PATH: '/a b:/c%:/$d\\' } }));
  assert.equal(value(environment, 'Environment'), '"PATH=/a b:/c%%:/$d\\\\"');
});

test('the unit gives gwproxy time to stop its gateways, and does not restart it after `down`', () => {
  const unit = systemdUnit(serviceIn('/srv/bots', { stopTime: stopTime({ profiles: [] }) + 50_400 }));
  assert.equal(value(unit, 'Type'), 'notify');
  assert.equal(value(unit, 'NotifyAccess'), 'all');
  assert.equal(value(unit, 'KillMode'), 'mixed');
  assert.equal(value(unit, 'TimeoutStopSec'), '61');
  assert.equal(value(unit, 'Restart'), 'on-failure');
  assert.equal(value(unit, 'RestartPreventExitStatus'), '2 73 78');
  assert.equal(value(unit, 'OOMPolicy'), 'continue');
  assert.equal(value(unit, 'NoNewPrivileges'), 'yes');
  // The start limit takes effect only if that many attempts fit into its interval.
  const tries = Number(value(unit, 'StartLimitBurst')) * Number(value(unit, 'RestartSec'));
  assert.ok(Number(value(unit, 'StartLimitIntervalSec')) > 1.5 * tries);
});

test("a user's unit has no option that needs the system's manager", () => {
  const own = systemdUnit(serviceIn('/srv/bots'));
  assert.doesNotMatch(own, /^(?:User|Protect\w+|Private\w+|Wants|After)=/m);
  assert.equal(value(own, 'WantedBy'), 'default.target');
  const system = systemdUnit(serviceIn('/srv/bots', { user: 'bots' }));
  assert.equal(value(system, 'User'), 'bots');
  assert.equal(value(system, 'After'), 'network-online.target');
  assert.equal(value(system, 'WantedBy'), 'multi-user.target');
});

test('the service name is unique for each config and a valid unit name', () => {
  assert.equal(serviceName('/srv/My Bots/gwproxy.yaml', '1a2b3c4d5e6f'), 'gwproxy-my-bots-1a2b3c4d');
  assert.equal(serviceName('/srv/bots/staging.yaml', '1a2b3c4d5e6f'), 'gwproxy-bots-staging-1a2b3c4d');
  assert.equal(serviceName('/gwproxy.yaml', '1a2b3c4d5e6f'), 'gwproxy-1a2b3c4d');
  assert.equal(serviceName('/日本/gwproxy.yaml', '1a2b3c4d5e6f'), 'gwproxy-1a2b3c4d');
  assert.match(serviceName(`/${'long '.repeat(40)}/x.yaml`, '1a2b3c4d5e6f'), /^gwproxy-[a-z0-9-]{1,49}$/);
});

test('the launchd agent is well-formed XML with the given values', () => {
  const folder = `/Users/x/${ODD.join('/')}`;
  const text = launchdAgent(serviceIn(folder, { env: { PATH: '/a&b:/<c>' } }));
  const agent = plist(text);
  assert.deepEqual(agent, {
    Label: 'gwproxy-bots-1a2b3c4d',
    ProgramArguments: [process.execPath, `${folder}/main.js`, 'up', '-c', `${folder}/gwproxy.yaml`],
    WorkingDirectory: folder,
    EnvironmentVariables: { PATH: '/a&b:/<c>' },
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    ExitTimeOut: 30,
    StandardOutPath: '/dev/null',
    StandardErrorPath: `${folder}/state/up.log`,
  });
});

/** Asserts that a property list is well-formed: every tag is closed in order, only white space between elements. */
function plist(text: string): unknown {
  const body = text.replace(/^<\?xml [^>]*\?>\s*<!DOCTYPE [^>]*>\s*<!--(?:(?!--).)*-->\s*/, '');
  const tokens = body.match(/<[^>]*>|[^<]+/g) ?? [];
  let at = 0;
  const next = (): string => {
    while (/^\s*$/.test(tokens[at] ?? 'end')) at += 1;
    at += 1;
    return tokens[at - 1] ?? 'end';
  };
  const textUntil = (end: string): string => {
    const found = tokens[at];
    const inside = found === undefined || found.startsWith('<') ? '' : found;
    if (inside !== '') at += 1;
    assert.equal(next(), end);
    assert.doesNotMatch(inside, /&(?!amp;|lt;|gt;)/);
    return inside.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  };
  const element = (tag: string): unknown => {
    if (tag === '<true/>') return true;
    if (tag === '<false/>') return false;
    if (tag === '<string>') return textUntil('</string>');
    if (tag === '<integer>') return Number(textUntil('</integer>'));
    if (tag === '<array>') {
      const items: unknown[] = [];
      for (let inner = next(); inner !== '</array>'; inner = next()) items.push(element(inner));
      return items;
    }
    assert.equal(tag, '<dict>');
    const entries: [string, unknown][] = [];
    for (let inner = next(); inner !== '</dict>'; inner = next()) {
      assert.equal(inner, '<key>');
      entries.push([textUntil('</key>'), element(next())]);
    }
    return Object.fromEntries(entries);
  };
  assert.equal(next(), '<plist version="1.0">');
  const value = element(next());
  assert.equal(next(), '</plist>');
  assert.equal(next(), 'end');
  return value;
}
