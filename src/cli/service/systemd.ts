import { type ServiceDefinition, WRITTEN_BY } from './service-definition.ts';

/** A start that fails, for a port in use for instance, is repeated for five minutes; then systemd calls the unit `failed`. */
const RETRY_SECONDS = 5;
const RETRIES = 60;

/**
 * The text of a systemd unit: of the system's manager if `user` is set, else of the user's. Sandboxing holds for the
 * gateways too, whatever programs they are, so only options that break no program are on.
 */
export function systemdUnit(service: ServiceDefinition): string {
  const { name, configFile, folder, node, main, env, stopTime, socket, user } = service;
  const system = user !== null;
  const control = system ? 'systemctl' : 'systemctl --user';
  const gwproxy = (verb: string): string =>
    [program(node), ...[main, verb, '-c', configFile].map(argument)].join(' ');
  return `# ${WRITTEN_BY}, which overwrites it: make your own changes with \`${control} edit ${name}\`.
# Paths and PATH are those of the moment it was written. Install it again when Node, gwproxy or the config moves, or a
# gateway's program lies in a new folder.

[Unit]
Description=gwproxy, ${specifiers(configFile)}
${system ? 'Wants=network-online.target\nAfter=network-online.target\n' : ''}${socket === null ? '' : `Requires=${name}.socket\nAfter=${name}.socket\n`}StartLimitIntervalSec=${2 * RETRY_SECONDS * RETRIES}
StartLimitBurst=${RETRIES}

[Service]
# The unit counts as started when the public port is open. systemd-notify, a child process, says so: hence \`all\`.
Type=notify
NotifyAccess=all
ExecStart=${gwproxy('up')}
# Unlike a signal this waits until the config is applied, and fails if it is invalid.
ExecReload=${gwproxy('reload')}
WorkingDirectory=${specifiers(folder)}
${system ? `User=${specifiers(user)}\n` : ''}# Profiles' commands are found by this PATH. Other variables of your shell are not set: put them into an env_file.
${Object.entries(env)
  .map(([variable, value]) => `Environment=${quoted(`${variable}=${value}`)}`)
  .join('\n')}

TimeoutStartSec=60
Restart=on-failure
RestartSec=${RETRY_SECONDS}
# No retry if a gwproxy runs already, or the usage or the config is invalid.
RestartPreventExitStatus=2 73 78
# Only gwproxy gets the signal, and drains its gateways; processes that are left afterwards are killed.
KillMode=mixed
# The longest drain and grace of the config, with a margin. gwproxy extends it if the config has longer ones by then.
TimeoutStopSec=${Math.ceil(stopTime / 1000)}
# A gateway that runs out of memory is restarted by gwproxy; systemd would stop all of them.
OOMPolicy=continue
# Two for each request; the gateways inherit the limit.
LimitNOFILE=65536

# With these four no gateway can use sudo or another setuid program. If one has to, set them to \`no\` in a change of
# your own.
NoNewPrivileges=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
LockPersonality=yes
${system ? SYSTEM_SANDBOX : USER_SANDBOX}
[Install]
WantedBy=${system ? 'multi-user.target' : 'default.target'}
`;
}

/** The unit's text; with a socket unit both texts, each under its name as `systemctl cat` prints them. */
export function unitTexts(service: ServiceDefinition): string {
  const { name, socket } = service;
  const unit = systemdUnit(service);
  if (socket === null) return unit;
  return `# ${name}.service\n${unit}\n# ${name}.socket\n${systemdSocket(service, socket)}`;
}

/**
 * The text of the socket unit, with which systemd listens and passes the socket to gwproxy. Connections that come while
 * gwproxy restarts wait in the socket's queue.
 */
export function systemdSocket({ name, configFile, user }: ServiceDefinition, listenStream: string): string {
  const control = user === null ? 'systemctl --user' : 'systemctl';
  return `# ${WRITTEN_BY} with --socket, which overwrites it: make your own changes with \`${control} edit ${name}.socket\`.
# Install it again when \`listen:\` of the config changes.

[Unit]
Description=gwproxy's public port, ${specifiers(configFile)}

[Socket]
ListenStream=${listenStream}
# So many connections may wait while gwproxy restarts; net.core.somaxconn may be lower.
Backlog=4096

[Install]
WantedBy=sockets.target
`;
}

const SYSTEM_SANDBOX = `ProtectSystem=full
ProtectKernelModules=yes
ProtectControlGroups=yes
ProtectHostname=yes
# Not set: ProtectHome and PrivateTmp (bots have their files there), PrivateDevices and ProtectClock (they hide GPUs),
# ProtectKernelTunables and ProtectKernelLogs (no sandbox inside could mount its own /proc), ProtectProc (gwproxy reads
# from /proc who owns a port), MemoryDenyWriteExecute (JavaScript is compiled as it runs), RestrictNamespaces (a browser
# needs it for its own sandbox).
`;

const USER_SANDBOX = `# Not set: options that need a mount namespace (ProtectSystem, PrivateTmp, ...). A user's manager has one only with
# PrivateUsers, under which other users' files and processes all seem to belong to nobody.
# MemoryDenyWriteExecute (JavaScript is compiled as it runs), RestrictNamespaces (a browser needs it for its
# own sandbox).
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
