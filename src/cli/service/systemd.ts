import { type ServiceDefinition, WRITTEN_BY } from './service-definition.ts';

/** Of a port that is taken, say: tried for some five minutes, then `failed` in systemd's own words. */
const RETRY_SECONDS = 5;
const RETRIES = 60;

/**
 * The text of a systemd unit, of the user's manager or, where `user` is set, of the system's. Sandboxing holds for
 * the gateways too, whatever programs they are: an option is on only where it breaks none of them.
 */
export function systemdUnit(service: ServiceDefinition): string {
  const { name, configFile, folder, node, main, env, stopTime, socket, user } = service;
  const system = user !== null;
  const control = system ? 'systemctl' : 'systemctl --user';
  const gwproxy = (verb: string): string =>
    [program(node), ...[main, verb, '-c', configFile].map(argument)].join(' ');
  return `# ${WRITTEN_BY}, which writes it anew: changes of your own belong in \`${control} edit ${name}\`.
# Paths and PATH are as they were at that moment. Install it again when Node, gwproxy or the config moves, or a
# gateway's program lies in a new folder.

[Unit]
Description=gwproxy, ${specifiers(configFile)}
${system ? 'Wants=network-online.target\nAfter=network-online.target\n' : ''}${socket === null ? '' : `Requires=${name}.socket\nAfter=${name}.socket\n`}StartLimitIntervalSec=${2 * RETRY_SECONDS * RETRIES}
StartLimitBurst=${RETRIES}

[Service]
# Started once the door listens. Told by systemd-notify, a process of its own: hence \`all\`.
Type=notify
NotifyAccess=all
ExecStart=${gwproxy('up')}
# Not a signal: this waits, and fails where the config is invalid.
ExecReload=${gwproxy('reload')}
WorkingDirectory=${specifiers(folder)}
${system ? `User=${specifiers(user)}\n` : ''}# Commands of profiles are found by this PATH. No other variable of your shell is here: they go into an env_file.
${Object.entries(env)
  .map(([variable, value]) => `Environment=${quoted(`${variable}=${value}`)}`)
  .join('\n')}

TimeoutStartSec=60
Restart=on-failure
RestartSec=${RETRY_SECONDS}
# One runs already, or the config is invalid: no later try would end otherwise.
RestartPreventExitStatus=2 73 78
# gwproxy alone gets the signal, and drains its gateways; what outlives it is killed.
KillMode=mixed
# The longest drain and grace of the config, and a margin; gwproxy asks for more where the config has more by then.
TimeoutStopSec=${Math.ceil(stopTime / 1000)}
# A gateway that runs out of memory is restarted by gwproxy; systemd would stop all of them.
OOMPolicy=continue
# Two for a request, and the gateways' own.
LimitNOFILE=65536

# A user's manager can set these too. With them no gateway can use sudo or another setuid program; where one has to,
# set all four to \`no\` in a change of your own.
NoNewPrivileges=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
LockPersonality=yes
${system ? SYSTEM_SANDBOX : USER_SANDBOX}
[Install]
WantedBy=${system ? 'multi-user.target' : 'default.target'}
`;
}

/** Both units, each under its name where there are two, as `systemctl cat` shows them. */
export function unitTexts(service: ServiceDefinition): string {
  const { name, socket } = service;
  const unit = systemdUnit(service);
  if (socket === null) return unit;
  return `# ${name}.service\n${unit}\n# ${name}.socket\n${systemdSocket(service, socket)}`;
}

/**
 * The text of the socket unit that belongs to it: systemd listens, and passes the socket on. Whoever connects while
 * gwproxy restarts waits in the socket's queue.
 */
export function systemdSocket({ name, configFile, user }: ServiceDefinition, listenStream: string): string {
  const control = user === null ? 'systemctl --user' : 'systemctl';
  return `# ${WRITTEN_BY} with --socket, which writes it anew: changes of your own belong in \`${control} edit ${name}.socket\`.
# Install it again when \`listen:\` of the config changes.

[Unit]
Description=gwproxy's public port, ${specifiers(configFile)}

[Socket]
ListenStream=${listenStream}
# As many connections as may wait while gwproxy is away; net.core.somaxconn may be lower.
Backlog=4096

[Install]
WantedBy=sockets.target
`;
}

const SYSTEM_SANDBOX = `ProtectSystem=full
ProtectKernelModules=yes
ProtectControlGroups=yes
ProtectHostname=yes
# Left off: ProtectHome and PrivateTmp (bots live and meet there), PrivateDevices and ProtectClock (they hide GPUs),
# ProtectKernelTunables and ProtectKernelLogs (below them no sandbox can mount a /proc of its own), ProtectProc (whose
# port it is, is read from /proc), MemoryDenyWriteExecute (JavaScript is compiled as it runs), RestrictNamespaces (a
# browser's own sandbox).
`;

const USER_SANDBOX = `# Left off: what needs a mount namespace (ProtectSystem, PrivateTmp, ...). A user's manager has it only with
# PrivateUsers, behind which other users' files and processes are all nobody's.
# MemoryDenyWriteExecute (JavaScript is compiled as it runs), RestrictNamespaces (a browser's own sandbox).
`;

/** systemd.unit(5), Specifiers. */
function specifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

/** One word as systemd.syntax(7), Quoting, reads it. */
function quoted(word: string): string {
  if (/^[\w./:=@+,-]+$/.test(word)) return word;
  const inside = word
    .replace(/[\\"]/g, '\\$&')
    .replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${specifiers(inside)}"`;
}

/** In a command line a dollar begins a variable, but for the program itself (systemd.service(5), Command Lines). */
function argument(word: string): string {
  return quoted(word.replaceAll('$', '$$$$'));
}

function program(path: string): string {
  return quoted(path);
}
