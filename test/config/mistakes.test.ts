// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OVERRIDE_HEADERS } from '../../src/routing/url/override-headers.ts';
import { load, type Written } from './folder.ts';

/** A config with a mistake, and all lines that the user reads about it. */
type Mistake = readonly [name: string, config: string, problems: readonly string[], others?: Written];

const GUID = '00000000-0000-0000-0000-00000000000a';

const SYNTAX: readonly Mistake[] = [
  [
    'a key that is not YAML',
    'profiles:\n  a: {command: node\n  b: 1\n',
    ["gwproxy.yaml:2:6: this '{' is never closed; write the '}'"],
  ],
  [
    'a text that needs quotes',
    'profiles:\n  a:\n    cwd: @x\n',
    ['gwproxy.yaml:3:10: a text that begins with \'@\' needs quotes: write "@x"'],
  ],
  [
    'a cron pattern without quotes',
    'profiles:\n  a:\n    command: node\n    restart:\n      schedule: */5 * * * *\n',
    ['gwproxy.yaml:5:17: a text that begins with \'*\' needs quotes: write "*/5 * * * *"'],
  ],
  [
    'a cron pattern without quotes, in { }',
    'profiles:\n  a: { command: node, restart: { schedule: * 4 * * *, timezone: UTC } }\n',
    ['gwproxy.yaml:2:44: a text that begins with \'*\' needs quotes: write "* 4 * * *"'],
  ],
  ['a tab', 'profiles:\n\ta: 1\n', ['gwproxy.yaml:2:1: this line is indented with a tab; use spaces']],
  [
    'a key set twice',
    'profiles:\n  a:\n    command: node\n    command: node\n',
    ["gwproxy.yaml:4:5: 'command' is already set in line 3; remove one of them"],
  ],
  [
    'a profile set twice',
    'profiles:\n  a: {command: node}\n  a: {command: node}\n',
    ["gwproxy.yaml:3:3: 'a' is already set in line 2; remove one of them"],
  ],
  [
    'an unknown anchor',
    'profiles:\n  a: {command: *cmd}\n',
    [
      "gwproxy.yaml:2:16: no anchor '&cmd' is defined above; a text that begins with '*' needs quotes: \"*cmd\"",
    ],
  ],
  [
    'an alias in itself',
    'profiles:\n  a: {command: &c [node, *c]}\n',
    ['gwproxy.yaml:2:19: this alias is inside the value that it refers to'],
  ],
  [
    'a merge of a value that is not a map',
    'profiles:\n  a: {command: node, <<: 3}\n',
    ["gwproxy.yaml:2:26: '<<' takes a map, or a list of maps"],
  ],
  [
    'a tag',
    'profiles:\n  a: {command: !cmd node}\n',
    ['gwproxy.yaml:2:21: YAML tags are not supported; remove this one'],
  ],
  [
    'a key that is not text',
    'profiles:\n  ? [a]\n  : {command: node}\n  b: {command: node}\n',
    ['gwproxy.yaml:2:5: a key must be text'],
  ],
  [
    'a NUL byte',
    'profiles:\n  a: {command: [node, "a\\0b"]}\n',
    ['gwproxy.yaml:2:23: a text must not hold a NUL byte'],
  ],
  ['a list for a config', '- a\n', ['gwproxy.yaml:1:1: must be a map of keys and values, not a list']],
  [
    'two documents',
    'profiles: {}\n---\na: 1\n',
    [
      "gwproxy.yaml:2:1: a config is one YAML document; remove this '---' and what follows it, or the '---' alone",
    ],
  ],
];

const SLIPS: readonly Mistake[] = [
  [
    'a colon that is missing between other keys',
    'profiles:\n  a:\n    cwd: .\n    command node bot.js\n    routes: [{path: /}]\n',
    ["gwproxy.yaml:4:5: a colon is missing after 'command'"],
  ],
  [
    'a colon that is missing in the last line',
    'profiles:\n  a:\n    cwd: .\n    command node bot.js\n',
    ["gwproxy.yaml:4:5: a colon is missing after 'command'"],
  ],
  [
    'a colon that is missing in the only line',
    'profiles:\n  a:\n    command node bot.js\n',
    ["gwproxy.yaml:3:5: profile 'a' must be a map of its fields; a colon is missing after 'command'"],
  ],
  [
    "a colon that is missing after a profile's name",
    'profiles:\n  my-bot\n    command: node\n',
    ["gwproxy.yaml:2:3: a colon is missing after 'my-bot'"],
  ],
  [
    'a colon that is missing before a list',
    'profiles:\n  a:\n    command: node\n    routes\n      - path: /x\n',
    ["gwproxy.yaml:4:5: a colon is missing after 'routes'"],
  ],
  [
    'a space that is missing after a colon',
    'profiles:\n  a:\n    command:node\n    cwd: .\n',
    ["gwproxy.yaml:3:5: a space is missing after 'command:'"],
  ],
  [
    'an equals sign for a colon',
    'profiles:\n  a:\n    command = node\n    cwd: .\n',
    ["gwproxy.yaml:3:5: write 'command:' with a colon instead of '='"],
  ],
  [
    'a space that is missing after a dash',
    'profiles:\n  a:\n    command: node\n    routes:\n      -path: /x\n',
    [
      "gwproxy.yaml:5:7: routes must be a list, each route behind a '-', not a map; a space is missing after '-'",
    ],
  ],
  [
    'a reference in { } without quotes',
    'profiles:\n  a:\n    command: node\n    env: { token: ${NAME}, x: 1 }\n',
    ['gwproxy.yaml:4:19: put quotes around a ${NAME} inside { } or [ ]: write "${NAME}"'],
  ],
  [
    'a reference at the end of a text in [ ] without quotes',
    'profiles:\n  a:\n    command: [node, --port=${port}]\n',
    ['gwproxy.yaml:3:21: put quotes around a ${NAME} inside { } or [ ]: write "--port=${port}"'],
  ],
  [
    'a reference within a text in { } without quotes',
    'profiles:\n  a:\n    command: node\n    env: { url: http://${HOST:-x}/bot }\n',
    ['gwproxy.yaml:4:17: put quotes around a ${NAME} inside { } or [ ]: write "http://${HOST:-x}/bot"'],
  ],
  [
    'a second colon in a text',
    'profiles:\n  a:\n    command: node: bot\n',
    ["gwproxy.yaml:3:14: a text that holds ': ' needs quotes: write 'node: bot'"],
  ],
  [
    'a quote that is never closed',
    'profiles:\n  a:\n    command: "node bot\n    cwd: .\n',
    ['gwproxy.yaml:3:14: this quote is never closed; write the closing one'],
  ],
  [
    'a bracket that is never closed',
    'profiles:\n  a:\n    command: [node, bot\n    cwd: .\n',
    ["gwproxy.yaml:3:14: this '[' is never closed; write the ']'"],
  ],
  [
    'a brace too many',
    'profiles:\n  a: {command: node}}\n',
    ["gwproxy.yaml:2:21: this '}' closes nothing; remove it"],
  ],
  [
    'a comma that is missing in a list',
    'profiles:\n  a: {command: ["node" "x"]}\n',
    ['gwproxy.yaml:2:24: a comma is missing before this'],
  ],
  [
    'a comma that is missing in a map',
    'profiles:\n  a: {command: node cwd: .}\n',
    [
      "gwproxy.yaml:2:16: a comma is missing between two entries here, or quotes around a text that holds ': '",
    ],
  ],
  [
    'text behind a closing quote',
    'profiles:\n  a:\n    command: "node" bot.js\n',
    ['gwproxy.yaml:3:21: text follows a closing quote; put all of it in quotes'],
  ],
  [
    'a glob without quotes',
    'include: *.yaml\n',
    [
      `gwproxy.yaml:1:10: no anchor '&.yaml' is defined above; a text that begins with '*' needs quotes: "*.yaml"`,
    ],
  ],
  [
    'a Windows path in double quotes',
    'profiles:\n  a:\n    cwd: "C:\\yours"\n',
    [
      "gwproxy.yaml:3:13: between double quotes a backslash begins an escape: write '\\\\', or use single quotes",
    ],
  ],
  [
    'a line that is indented too little',
    'profiles:\n  a:\n    command: node\n   cwd: .\n',
    [
      'gwproxy.yaml:4:4: the indentation of this line matches none above it; indent it like the keys of its map',
    ],
  ],
  [
    'a line that is indented too far',
    'profiles:\n  a:\n    command: node\n      cwd: .\n',
    [
      'gwproxy.yaml:4:7: this line is indented too far, since the key above it already has a value; indent it less',
    ],
  ],
  [
    'a list item among keys',
    'profiles:\n  a:\n    command: node\n    - x\n',
    ['gwproxy.yaml:4:5: a list item is where a key belongs; indent the list below its key'],
  ],
];

const SPELLINGS: readonly Mistake[] = [
  [
    'a header that is passed on anyway',
    'a: {command: node, keep_headers: [X-Original-Url, X-Request-Start]}',
    [
      `gwproxy.yaml:2:53: keep_headers must be one of ${OVERRIDE_HEADERS.join(', ')}; any other header is passed on, or set by gwproxy`,
    ],
  ],
  [
    'words and quotes for true and false',
    'a: {command: node, enabled: Off, fan_out: "true"}',
    [
      "gwproxy.yaml:2:31: enabled must be true or false, not 'Off'; write false",
      "gwproxy.yaml:2:45: fan_out must be true or false, not 'true'; write true, without quotes",
    ],
  ],
  [
    'a number in quotes',
    'a: {command: node, max_open_files: "1024"}',
    [
      "gwproxy.yaml:2:38: max_open_files must be a whole number from 16 to 1048576, not '1024'; write 1024, without quotes",
    ],
  ],
  [
    'one value for a list, and a list for one value',
    'a: {command: node, after: b, cwd: [/srv]}\n  b: {command: node}',
    [
      "gwproxy.yaml:2:29: after must be a list of profiles' names, not 'b'; write [b]",
      "gwproxy.yaml:2:37: cwd must be a folder, not a list; write it without [ ] and '-'",
    ],
  ],
  [
    'lists for maps, as other tools write them',
    'a: {command: node, env: [TOKEN=s3cret], stop: {grace: 5}}',
    [
      "gwproxy.yaml:2:27: env must be a map of names and values, not a list; write 'name: value' in each line, without '-'",
      'gwproxy.yaml:2:57: stop.grace must be a duration such as 500ms, 10s or 5m, not 5; write 5s or 5ms',
    ],
  ],
  [
    'a size without a unit, of a value from a variable',
    'a: {command: node, max_memory: 512}\n  b: {command: node, max_memory: "${HOME}"}',
    [
      'gwproxy.yaml:2:34: max_memory must be a size such as 64KiB or 1MiB, not 512; write 512B or 512MiB',
      "gwproxy.yaml:3:34: max_memory must be a size such as 64KiB or 1MiB, not '${HOME}'",
    ],
  ],
];

const SETTINGS: readonly Mistake[] = [
  [
    'no profiles',
    'listen: 127.0.0.1:0\n',
    ["gwproxy.yaml:1:1: no profiles; write at least one under 'profiles'"],
  ],
  ['an empty config', '', ["gwproxy.yaml:1:1: no profiles; write at least one under 'profiles'"]],
  [
    'empty profiles',
    'listen: 127.0.0.1:0\nprofiles: {}\n',
    ["gwproxy.yaml:2:11: no profiles; write at least one under 'profiles'"],
  ],
  [
    'a list of profiles',
    'profiles: [a]\n',
    ['gwproxy.yaml:1:11: profiles must be a map of names and profiles'],
  ],
  [
    'a misspelt key',
    'profile:\n  a: {command: node}\n',
    ["gwproxy.yaml:1:1: unknown key 'profile'; did you mean 'profiles'?"],
  ],
  [
    'a profile key at the top',
    'command: node\n',
    ["gwproxy.yaml:1:1: unknown key 'command'; it belongs in a profile: profiles: { NAME: { command: … } }"],
  ],
  [
    'a listen without a port',
    'listen: 127.0.0.1\n',
    ["gwproxy.yaml:1:9: listen must be host:port, such as 127.0.0.1:3978, not '127.0.0.1'"],
  ],
  [
    'a listen that is a number',
    'listen: 3978\n',
    ['gwproxy.yaml:1:9: listen must be host:port, such as 127.0.0.1:3978, not 3978; write 127.0.0.1:3978'],
  ],
  [
    'a port out of range',
    'listen: 127.0.0.1:65536\n',
    ['gwproxy.yaml:1:9: listen must have a port from 0 to 65535'],
  ],
  [
    'a public_url without a scheme',
    'public_url: bots.example.com\n',
    ['gwproxy.yaml:1:13: public_url must be a URL such as https://bots.example.com'],
  ],
  [
    'a public_url with a path',
    'public_url: https://bots.example.com/bots\n',
    ['gwproxy.yaml:1:13: public_url must be scheme and host only, without a path or a user'],
  ],
  [
    'a flag in words',
    'profile_paths: yes\n',
    ["gwproxy.yaml:1:16: profile_paths must be true or false, not 'yes'; write true"],
  ],
  [
    'an unset name',
    'listen: ${HOST}:1\n',
    ["gwproxy.yaml:1:9: ${HOST} is not set in gwproxy's environment; set it, or write ${HOST:-default}"],
  ],
  [
    'a misspelt name',
    'listen: ${HOEM}:1\n',
    ["gwproxy.yaml:1:9: ${HOEM} is not set in gwproxy's environment; did you mean ${HOME}?"],
  ],
  [
    'a name that only objects have',
    'listen: ${constructor}:1\n',
    [
      "gwproxy.yaml:1:9: ${constructor} is not set in gwproxy's environment; set it, or write ${constructor:-default}",
    ],
  ],
  [
    'an unknown key with an unset name is one mistake',
    'listn: ${NONE}\n',
    ["gwproxy.yaml:1:1: unknown key 'listn'; did you mean 'listen'?"],
  ],
  [
    'a port in a setting',
    'listen: 127.0.0.1:${port}\n',
    ['gwproxy.yaml:1:9: a port can be used only in command and env'],
  ],
  [
    'limits',
    'limits:\n  body: 4096\n  streamed: 9GiB\n  headers: 0B\n  header_time: 15\n  body_time: 0s\n  connections: 0\n  helt: 5\n',
    [
      'gwproxy.yaml:2:9: limits.body must be a size such as 64KiB or 1MiB, not 4096; write 4096B or 4096MiB',
      'gwproxy.yaml:3:13: limits.streamed must not be more than 3GiB',
      'gwproxy.yaml:4:12: limits.headers must not be zero',
      'gwproxy.yaml:5:16: limits.header_time must be a duration such as 500ms, 10s or 5m, not 15; write 15s or 15ms',
      'gwproxy.yaml:6:14: limits.body_time must not be zero',
      'gwproxy.yaml:7:16: limits.connections must be a whole number from 1 to 1000000, not 0',
      "gwproxy.yaml:8:3: unknown key 'helt'; did you mean 'held'?",
    ],
  ],
  [
    'more a body than for all',
    'limits: {body: 2MiB, buffered: 1MiB}\nprofiles: {a: {command: node}}\n',
    [
      'gwproxy.yaml:1:16: limits.body is more than limits.buffered (1048576 bytes); write less, or raise limits.buffered',
    ],
  ],
  [
    'an include that is not there',
    'include: profiles/a.yaml\n',
    ['gwproxy.yaml:1:10: cannot read profiles/a.yaml: no such file'],
  ],
  [
    'an include that is a folder',
    'include: [sub]\n',
    ['gwproxy.yaml:1:11: cannot read sub: it is a folder'],
    { 'sub/a.yaml': '' },
  ],
  [
    'an empty included file',
    'include: [a.yaml]\n',
    ["a.yaml:1:1: this included file is empty; write 'profiles' or a profile's fields"],
    { 'a.yaml': '# nothing\n' },
  ],
  [
    'a setting in an included file',
    'include: [a.yaml]\n',
    ["a.yaml:1:1: unknown key 'listen'; an included file holds 'profiles' alone, or one profile's fields"],
    { 'a.yaml': 'listen: 127.0.0.1:1\nprofiles: {b: {command: node}}\n' },
  ],
  [
    'a file name that is not a valid profile name',
    'include: [My_Bot.yaml]\n',
    [
      "My_Bot.yaml:1:1: profile 'My_Bot': a profile's name may hold a-z, 0-9 and '-' inside, at most 63 characters; write 'my-bot'",
    ],
    { 'My_Bot.yaml': 'command: node\n' },
  ],
  [
    'one profile in two files',
    'include: [sub/a.yaml]\nprofiles:\n  a: {command: node}\n',
    ["sub/a.yaml:1:1: profile 'a' is already defined at gwproxy.yaml:3; rename one of them"],
    { 'sub/a.yaml': 'command: node\n' },
  ],
];

const RUNNING: readonly Mistake[] = [
  [
    'after an unknown and a disabled profile',
    'a: {command: node, after: [standup, c]}\n  standup-bot: {command: node}\n  c: {command: node, enabled: false}',
    [
      "gwproxy.yaml:2:30: after: there is no enabled profile 'standup'; did you mean 'standup-bot'?",
      "gwproxy.yaml:2:39: after: there is no enabled profile 'c'",
    ],
  ],
  [
    'after a misspelt name',
    'a: {command: node, after: [standup-bto]}\n  standup-bot: {command: node}',
    ["gwproxy.yaml:2:30: after: there is no enabled profile 'standup-bto'; did you mean 'standup-bot'?"],
  ],
  [
    'a cycle of after',
    'a: {command: node, after: [b]}\n  b: {command: node, after: [c]}\n  c: {command: node, after: [b]}',
    [
      'gwproxy.yaml:3:30: after: b → c → b is a cycle, so none of them can start first; remove one of these names',
      'gwproxy.yaml:4:30: after: c → b → c is a cycle, so none of them can start first; remove one of these names',
    ],
  ],
  [
    'an idle_timeout without start: on-demand',
    'a: {command: node, idle_timeout: 10m}',
    [
      'gwproxy.yaml:2:36: idle_timeout needs start: on-demand, since otherwise no request starts the gateway again',
    ],
  ],
  [
    'two profiles with one log file',
    'a: {command: node, log_file: out.log}\n  b: {command: node, log_file: ./out.log}',
    ["gwproxy.yaml:3:32: log_file is also that of profile 'a'; name another file"],
  ],
  [
    'process limits out of range',
    'a: {command: node, nice: 20, max_open_files: 3, umask: 888, max_memory: 1TB}',
    [
      'gwproxy.yaml:2:28: nice must be a whole number from -20 to 19, not 20',
      'gwproxy.yaml:2:48: max_open_files must be a whole number from 16 to 1048576, not 3',
      'gwproxy.yaml:2:58: umask must be three octal digits, such as 027, not 888',
      "gwproxy.yaml:2:75: max_memory must be a size such as 64KiB or 1MiB, not '1TB'",
    ],
  ],
  [
    'invalid exit codes',
    'a: {command: node, restart: {exit_codes: {256: fail, 3: stopp}}}',
    [
      'gwproxy.yaml:2:45: restart.exit_codes.256: the name must be an exit code from 0 to 255',
      "gwproxy.yaml:2:59: restart.exit_codes.3 must be at-once, backoff, stop or fail, not 'stopp'; did you mean 'stop'?",
    ],
  ],
  [
    'restart_after beside liveness',
    'a: {command: node, listeners: {x: {health: {path: /h, restart_after: 1m}, liveness: /l}}}',
    [
      "gwproxy.yaml:2:57: restart_after cannot be used with 'liveness', which decides when to restart; remove one of them",
    ],
  ],
  [
    'a body without a path',
    'a: {command: node, listeners: {x: {health: {body: ok}, liveness: {status: 200}}}}',
    [
      "gwproxy.yaml:2:47: 'body' needs a 'path': without one the probe only opens a connection",
      "gwproxy.yaml:2:69: 'status' needs a 'path': without one the probe only opens a connection",
    ],
  ],
];

const PROFILES: readonly Mistake[] = [
  [
    'a name with capitals',
    'My_Bot: {command: node}',
    [
      "gwproxy.yaml:2:3: profile 'My_Bot': a profile's name may hold a-z, 0-9 and '-' inside, at most 63 characters; write 'my-bot'",
    ],
  ],
  [
    "gwproxy's own name",
    'gwproxy: {command: node}',
    ["gwproxy.yaml:2:3: profile 'gwproxy': this name is reserved for gwproxy's own log; choose another"],
  ],
  [
    'a name that ends in a dash',
    'a-: {command: node}',
    [
      "gwproxy.yaml:2:3: profile 'a-': a profile's name may hold a-z, 0-9 and '-' inside, at most 63 characters; write 'a'",
    ],
  ],
  [
    'a profile that is not a map',
    'a: node bot.js',
    ["gwproxy.yaml:2:6: profile 'a' must be a map of its fields"],
  ],
  ['an empty profile', 'a:', ["gwproxy.yaml:2:3: missing command: profile 'a' needs 'command' or 'url'"]],
  [
    'an empty command',
    'a: {command: }',
    ["gwproxy.yaml:2:3: missing command: profile 'a' needs 'command' or 'url'"],
  ],
  [
    'a misspelt key',
    'a:\n    comand: node',
    ["gwproxy.yaml:3:5: unknown key 'comand'; did you mean 'command'?"],
  ],
  [
    "another tool's key",
    'a:\n    cmd: node',
    ["gwproxy.yaml:3:5: unknown key 'cmd'; did you mean 'command'?"],
  ],
  [
    'a listener key in a profile',
    'a:\n    command: node\n    port: 1',
    ["gwproxy.yaml:4:5: unknown key 'port'; it belongs in a listener: listeners: { main: { port: … } }"],
  ],
  [
    'a route key in a profile',
    'a:\n    command: node\n    slack: {app: A1}',
    ["gwproxy.yaml:4:5: unknown key 'slack'; it belongs in a route: routes: [{ slack: … }]"],
  ],
  [
    'a key of Object',
    'a:\n    command: node\n    constructor: 1',
    [
      "gwproxy.yaml:4:5: unknown key 'constructor'; the keys here are command, url, preset, enabled, cwd, env, env_file, env_command, start, start_timeout, after, start_group, idle_timeout, owner_check, max_memory, max_open_files, nice, umask, user, group, log_file, listeners, ready, ready_after, ready_log, health, add_prefix, routes, fan_out, keep_headers, verify, delivery, restart, run, stop",
    ],
  ],
  [
    'an unknown key with an unset name is one mistake',
    'a:\n    comand: ${NONE}',
    ["gwproxy.yaml:3:5: unknown key 'comand'; did you mean 'command'?"],
  ],
  [
    'a command and a url',
    'a:\n    command: node\n    url: http://10.0.0.5:1',
    [
      "gwproxy.yaml:4:5: 'command' and 'url' exclude each other; keep 'url' only if someone else runs the gateway",
    ],
  ],
  [
    'a command of the wrong kind',
    'a:\n    command: {node: x}',
    ['gwproxy.yaml:3:14: command must be a list of arguments, or one text, not a map'],
  ],
  [
    'an empty list for a command',
    'a:\n    command: []',
    ['gwproxy.yaml:3:14: command must be a list of arguments, or one text, not an empty list'],
  ],
  [
    'an argument of the wrong kind',
    'a:\n    command: [node, {x: 1}]',
    ['gwproxy.yaml:3:21: command must be text, not a map'],
  ],
  [
    'an open quote',
    'a:\n    command: node "x',
    ['gwproxy.yaml:3:14: command: a double quote is never closed; write the closing one'],
  ],
  [
    'a shell operator',
    'a:\n    command: cd x && node bot.js',
    [
      "gwproxy.yaml:3:14: command: '&&' needs a shell, and commands run without one; write [sh, -c, '…'] or quote it",
    ],
  ],
  [
    'a program that is not there',
    'a:\n    command: [./bot, x]',
    ["gwproxy.yaml:3:15: missing command: './bot' does not exist; correct the path"],
  ],
  [
    'a program that cannot be run',
    'a:\n    command: ./bot.txt',
    ["gwproxy.yaml:3:14: missing command: './bot.txt' is not executable; run chmod +x on it"],
    { 'bot.txt': '' },
  ],
  [
    'a program that is not on the PATH',
    'a:\n    command: no-such-program',
    [
      "gwproxy.yaml:3:14: missing command: 'no-such-program' is not on the profile's PATH; write its full path",
    ],
  ],
  [
    "a program that is not on the profile's own PATH",
    'a: {command: node, env: {PATH: /nowhere}}',
    ["gwproxy.yaml:2:16: missing command: 'node' is not on the profile's PATH; write its full path"],
  ],
  [
    'a variable before the program',
    'a:\n    command: X=1 node',
    ["gwproxy.yaml:3:14: missing command: 'X=1' is a variable; put it under env"],
  ],
  [
    'a program that depends on a port',
    'a:\n    command: ./bot-${port}',
    ["gwproxy.yaml:3:14: missing command: './bot-${port}' cannot depend on a port; write its name or path"],
  ],
  [
    'a PATH that is unset is one mistake',
    'a: {command: no-such-program, env: {PATH: "${NONE}"}}',
    ["gwproxy.yaml:2:45: ${NONE} is not set in gwproxy's environment; set it, or write ${NONE:-default}"],
  ],
  [
    'a cwd that is not there',
    'a:\n    command: ./bot\n    cwd: nowhere',
    ['gwproxy.yaml:4:10: cwd is not an existing folder; correct the path, or make the folder'],
  ],
  [
    'an env_command that is not there, and one with a port',
    'a:\n    command: node\n    env_command: [none-such]\n  b:\n    command: node\n    env_command: node ${port}\n  c:\n    url: http://10.0.0.5:1\n    env_command: node',
    [
      "gwproxy.yaml:4:19: env_command: its program is not on the profile's PATH; write its full path",
      'gwproxy.yaml:7:18: a port can be used only in command and env',
      "gwproxy.yaml:10:5: 'env_command' cannot be used with 'url', since gwproxy does not run that gateway; remove it",
    ],
  ],
  [
    'a reference to what only the env_command could give',
    'a:\n    command: node ${TOKEN}\n    env_command: node',
    [
      "gwproxy.yaml:3:14: ${TOKEN} is not set in gwproxy's environment (env_command runs later, and its variables are for the gateway alone); set it, or write ${TOKEN:-default}",
    ],
  ],
  [
    'a missing env_file is one mistake',
    'a:\n    command: node ${TOKEN}\n    env_file: a.env',
    ['gwproxy.yaml:4:15: cannot read a.env: no such file'],
  ],
  [
    'a broken env_file',
    'a: {command: node, env_file: a.env}',
    [
      'a.env:2:1: must be KEY=VALUE, a comment or blank',
      'a.env:3:3: the quote is never closed; write the closing one',
    ],
    { 'a.env': 'A=1\nsome secret\nB="more\n' },
  ],
  [
    'an unset name',
    'a:\n    command: node ${BOT_TOKN}\n    env_file: a.env',
    [
      "gwproxy.yaml:3:14: ${BOT_TOKN} is not set in a.env or gwproxy's environment; did you mean ${BOT_TOKEN}?",
    ],
    { 'a.env': 'BOT_TOKEN=s3cret\n' },
  ],
  [
    'an unset name in a list',
    'a:\n    command: [node, -x, "${NONE}"]',
    ["gwproxy.yaml:3:25: ${NONE} is not set in gwproxy's environment; set it, or write ${NONE:-default}"],
  ],
  [
    'a malformed reference',
    'a:\n    command: node\n    env: {X: "${my-name}"}',
    [
      "gwproxy.yaml:4:14: '${my-name}' is not a valid reference: write ${NAME} or ${NAME:-default}, or $${ for a literal ${",
    ],
  ],
  [
    'an env value that is not text',
    'a:\n    command: node\n    env: {X: [1], Y: }',
    [
      "gwproxy.yaml:4:14: env.X must be text, a number, true or false, { file: … } or { credential: … }, not a list; write it without [ ] and '-'",
      'gwproxy.yaml:4:22: env.Y must be text, a number, true or false, { file: … } or { credential: … }, not empty',
    ],
  ],
  [
    'an invalid env name',
    'a:\n    command: node\n    env: {1X: a}',
    ["gwproxy.yaml:4:11: env.1X: the name may hold A-Z, a-z, 0-9, '_', '.' and '-', and no digit first"],
  ],
  [
    'an unknown start',
    'a:\n    command: node\n    start: on_demand',
    [
      "gwproxy.yaml:4:12: start must be always, on-demand or manual, not 'on_demand'; did you mean 'on-demand'?",
    ],
  ],
  [
    'durations that cannot be read',
    'a:\n    command: node\n    start_timeout: 1h30m\n    stop: {grace: 10 parsecs}',
    [
      "gwproxy.yaml:4:20: start_timeout must be a duration such as 500ms, 10s or 5m, not '1h30m'; write 90m",
      "gwproxy.yaml:5:19: stop.grace must be a duration such as 500ms, 10s or 5m, not '10 parsecs'",
    ],
  ],
  [
    'a duration longer than a timer can hold',
    'a:\n    command: node\n    start_timeout: 1000h',
    ['gwproxy.yaml:4:20: start_timeout must not be longer than 596h'],
  ],
  [
    'a signal without SIG',
    'a:\n    command: node\n    stop: {signal: TERM}',
    [
      "gwproxy.yaml:4:20: stop.signal must be SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 or SIGKILL, not 'TERM'; did you mean 'SIGTERM'?",
    ],
  ],
  [
    'a give_up of neither kind',
    'a:\n    command: node\n    restart: {give_up: nevr}',
    ["gwproxy.yaml:4:24: restart.give_up must be 'never', or a map of restarts and within, not 'nevr'"],
  ],
  [
    'half a give_up',
    'a:\n    command: node\n    restart: {give_up: {restarts: 3}}',
    ["gwproxy.yaml:4:24: restart.give_up needs 'within': a duration such as 500ms, 10s or 5m"],
  ],
  [
    'a longer min than max',
    'a:\n    command: node\n    restart: {min: 1m}',
    [
      'gwproxy.yaml:4:20: restart.min is longer than restart.max (30000 ms); write a shorter min or a longer max',
    ],
  ],
  [
    'a schedule with an hour that there is not',
    "a:\n    command: node\n    restart: {schedule: '0 25 * * *'}",
    [
      "gwproxy.yaml:4:25: restart.schedule has the hour '25'; write 0 to 23, a range or step such as 9-17 or */6, a list of these with commas, or *",
    ],
  ],
  [
    'a schedule that is empty',
    "a:\n    command: node\n    restart: {schedule: ''}",
    [
      "gwproxy.yaml:4:25: restart.schedule must be a cron pattern in quotes, such as '0 4 * * *' (every day at 4:00), not an empty text",
    ],
  ],
  [
    'a job with the fields of a bot',
    "a:\n    command: node\n    run: {schedule: '0 4 * * *'}\n    start: always\n    restart: {when: never}\n    ready_after: 5s",
    ['5:5: ', '6:5: ', '7:5: '].map(
      (place, index) =>
        `gwproxy.yaml:${place}'${['start', 'restart', 'ready_after'][index]}' cannot be used with run: a job is started by its schedule, runs to its end, and is not restarted; remove it`,
    ),
  ],
  [
    'a job with a route',
    "a:\n    command: node\n    run: {schedule: '0 4 * * *'}\n    routes: [{path: /a}]",
    [
      "gwproxy.yaml:5:5: 'routes' cannot be used with run, since no request reaches a job; remove one of them",
    ],
  ],
  [
    'a job with a listener',
    "a:\n    command: node\n    run: {schedule: '0 4 * * *'}\n    listeners: {main: {}}",
    ["gwproxy.yaml:5:5: 'listeners' cannot be used with run, since a job has no port; remove it"],
  ],
  [
    'a job that a bot waits for',
    "a:\n    command: node\n    run: {schedule: '0 4 * * *'}\n  b:\n    command: node\n    after: [a]",
    [
      "gwproxy.yaml:7:13: after: 'a' is a job, which its schedule starts, so nothing can wait for it; remove this name",
    ],
  ],
  [
    'a job without a schedule',
    'a:\n    command: node\n    run: {timeout: 1h}',
    [
      "gwproxy.yaml:4:10: run needs 'schedule': a cron pattern in quotes, such as '0 4 * * *' (every day at 4:00)",
    ],
  ],
  [
    'a job beside a url',
    "a:\n    url: http://127.0.0.1:1\n    run: {schedule: '@daily'}",
    ["gwproxy.yaml:4:5: 'run' cannot be used with 'url', since gwproxy does not run that gateway; remove it"],
  ],
  [
    'a time zone that is only a city',
    "a:\n    command: node\n    restart: {schedule: '@daily', timezone: Berlin}",
    ["gwproxy.yaml:4:45: restart.timezone is not the name of a time zone; did you mean 'Europe/Berlin'?"],
  ],
  [
    'a time zone that is an offset',
    "a:\n    command: node\n    restart: {schedule: '@daily', timezone: '+02:00'}",
    [
      "gwproxy.yaml:4:45: restart.timezone is not the name of a time zone; write a name such as 'Europe/Berlin' or 'UTC'",
    ],
  ],
  [
    'fields of a command beside a url',
    'a:\n    url: http://10.0.0.5:1\n    cwd: .\n    env: {A: 1}',
    [
      "gwproxy.yaml:4:5: 'cwd' cannot be used with 'url', since gwproxy does not run that gateway; remove it",
      "gwproxy.yaml:5:5: 'env' cannot be used with 'url', since gwproxy does not run that gateway; remove it",
    ],
  ],
  [
    'a url with a query',
    'a: {url: "http://10.0.0.5:1/bot?x=1"}',
    ['gwproxy.yaml:2:12: url must not have a query or a fragment'],
  ],
  [
    'a url without a host, whose path would be taken for one',
    'a: {url: "http:///10.0.0.5:1/bot"}\n  b: {url: "http://@10.0.0.5:1/bot"}',
    [
      'gwproxy.yaml:2:12: url must be http://host:port, such as http://10.0.0.5:3978',
      'gwproxy.yaml:3:12: url must be http://host:port, such as http://10.0.0.5:3978',
    ],
  ],
  [
    'a url with a path that leaves itself',
    'a: {url: http://10.0.0.5:1/p/../bot}',
    ["gwproxy.yaml:2:12: url has a path that must not hold '.' or '..' segments"],
  ],
  [
    'an add_prefix beside a url, at the profile and at its listener',
    'a:\n    url: http://10.0.0.5:1\n    add_prefix: /p/a\n    listeners: {main: {add_prefix: /p/b}}',
    [
      "gwproxy.yaml:4:5: 'add_prefix' cannot be used with 'url'; write the prefix into it, such as http://127.0.0.1:8080/p/standup-bot",
      "gwproxy.yaml:5:24: 'add_prefix' cannot be used with 'url'; write the prefix into it, such as http://127.0.0.1:8080/p/standup-bot",
    ],
  ],
  [
    'an add_prefix that is no path, and one that hides dots',
    'a:\n    command: node\n    add_prefix: p/a\n    listeners: {main: {add_prefix: /%252e%252e}}',
    [
      "gwproxy.yaml:4:17: add_prefix must start with '/'",
      "gwproxy.yaml:5:36: listeners.main.add_prefix must not hold an encoded '%', '/', '.' segment or control character",
    ],
  ],
  [
    'a url without a scheme',
    'a: {url: 10.0.0.5:1}',
    ['gwproxy.yaml:2:12: url must be http://host:port, such as http://10.0.0.5:3978'],
  ],
  [
    'an https url',
    'a: {url: https://10.0.0.5:1}',
    ['gwproxy.yaml:2:12: url must be http://host:port; https to a gateway is not supported'],
  ],
  [
    'two listeners beside a url',
    'a:\n    url: http://10.0.0.5:1\n    listeners: {a: {}, b: {}}',
    [
      "gwproxy.yaml:4:5: a profile with 'url' has one listener, and its address is the url; remove the others",
    ],
  ],
  [
    'an address beside a url',
    'a:\n    url: http://10.0.0.5:1\n    listeners: {a: {port: 5, paths: [/x]}}',
    ["gwproxy.yaml:4:21: 'port' cannot be used with 'url', which is already the address; remove it"],
  ],
  [
    'a url that is gwproxy itself',
    'a: {url: "http://localhost:3978"}',
    ["gwproxy.yaml:2:12: url is gwproxy's own public port (listen); write the gateway's"],
  ],
  [
    'a value from a variable is never shown',
    'a:\n    command: node\n    start: ${SECRET}\n    start_timeout: ${SECRET}\n    env_file: a.env',
    [
      "gwproxy.yaml:4:12: start must be always, on-demand or manual, not '${SECRET}'",
      "gwproxy.yaml:5:20: start_timeout must be a duration such as 500ms, 10s or 5m, not '${SECRET}'",
    ],
    { 'a.env': 'SECRET=s3cret\n' },
  ],
];

const LISTENERS: readonly Mistake[] = [
  [
    'a word that is no listener',
    'a:\n    command: node\n    listeners: no-port',
    ["gwproxy.yaml:4:16: listeners must be 'none', or a map of names and listeners, not 'no-port'"],
  ],
  [
    'requests for a bot without a port',
    'a:\n    command: node\n    listeners: none\n    routes: [{path: /a}]\n    verify: {slack: {signing_secret: invented}}\n    delivery: direct\n    idle_timeout: 5m\n    start: on-demand',
    [
      "gwproxy.yaml:5:5: 'routes' cannot be used with listeners: none, since no request reaches a bot without a port; remove one of them",
      "gwproxy.yaml:6:5: 'verify' cannot be used with listeners: none, since no request reaches a bot without a port; remove one of them",
      "gwproxy.yaml:7:5: 'delivery' cannot be used with listeners: none, since no request reaches a bot without a port; remove one of them",
      "gwproxy.yaml:8:5: 'idle_timeout' cannot be used with listeners: none, since no request reaches a bot without a port; remove one of them",
      'gwproxy.yaml:9:12: start: on-demand needs a listener, since only a request starts such a gateway; write always or manual',
    ],
  ],
  [
    'a port of a bot without one',
    "a:\n    command: 'node bot.js ${port}'\n    listeners: {}\n    env: {P: '${port.main}'}",
    [
      'gwproxy.yaml:3:14: ${port}: this profile has no port, as its listeners: none says; give it a listener',
      'gwproxy.yaml:5:14: ${port.main}: this profile has no port, as its listeners: none says; give it a listener',
    ],
  ],
  [
    'a bot without a port that somebody else runs',
    'a:\n    url: http://127.0.0.1:4000\n    listeners: none',
    [
      "gwproxy.yaml:4:5: 'url' needs a listener, which gwproxy probes at that address; remove 'listeners: none'",
    ],
  ],
  [
    'two ways for a bot without a port to become ready',
    'a:\n    command: node\n    listeners: none\n    ready: ipc\n    ready_log: up\n    ready_after: 5s',
    [
      "gwproxy.yaml:6:5: 'ready_log' and 'ready' both say when the bot is ready; keep one of them",
      "gwproxy.yaml:7:5: 'ready_after' and 'ready' both say when the bot is ready; keep one of them",
    ],
  ],
  [
    'a line that says when a bot with a port is ready, and an unknown way',
    'a:\n    command: node\n    ready: log\n    ready_log: up',
    [
      "gwproxy.yaml:4:12: ready must be ipc, not 'log'",
      "gwproxy.yaml:5:5: 'ready_log' is for a bot without a port; write listeners: none, or remove it: a listener is ready once it answers its health probe",
    ],
  ],
  [
    'a health path of a whole profile',
    'a:\n    command: node\n    health: /healthz',
    [
      "gwproxy.yaml:4:13: health must be a map with a command; a path belongs in a listener: listeners: { main: { health: /path } }, not '/healthz'",
    ],
  ],
  [
    'a health command of a bot with a port, and of one whose program is not there',
    'a:\n    command: node\n    health: {command: node -v}\n  b:\n    command: node\n    listeners: none\n    health: {command: [./no-such, "${port}"]}\n  c:\n    command: node\n    listeners: none\n    ready_after: 1s\n    health: {interval: 5s}',
    [
      "gwproxy.yaml:4:5: 'health' is for a bot without a port; write listeners: none, or give the listener a path: listeners: { main: { health: /path } }",
      'gwproxy.yaml:8:24: health.command: its program does not exist; correct the path',
      'gwproxy.yaml:8:35: ${port}: this profile has no port, as its listeners: none says; give it a listener',
      "gwproxy.yaml:13:13: health needs 'command': a list of arguments, or one text",
    ],
  ],
  [
    'a time until a bot with a port is ready',
    'a:\n    command: node\n    ready_after: 5s',
    [
      "gwproxy.yaml:4:5: 'ready_after' is for a bot without a port; write listeners: none, or remove it: a listener is ready once it answers its health probe",
    ],
  ],
  [
    'an invalid listener name',
    'a:\n    command: node\n    listeners: {My: {}}',
    [
      "gwproxy.yaml:4:17: listeners.My: the name may hold a-z, 0-9, '_' and '-' inside, at most 63 characters",
    ],
  ],
  [
    'a port out of range',
    'a:\n    command: node\n    listeners: {x: {port: 70000}, y: {port: aut}}',
    [
      "gwproxy.yaml:4:27: listeners.x.port must be 'auto' or a port from 1 to 65535, not 70000",
      "gwproxy.yaml:4:45: listeners.y.port must be 'auto' or a port from 1 to 65535, not 'aut'",
    ],
  ],
  [
    'a port that the gateway does not learn',
    'a:\n    command: node\n    listeners: {x: {}, y: {port: 5}}',
    [
      "gwproxy.yaml:4:17: nothing tells the gateway the port of listener 'x'; set its port or port_env, or write ${port.x} in command or env",
    ],
  ],
  [
    '${port} with several listeners',
    'a:\n    command: node ${port}\n    listeners: {x: {port: 4}, y: {port: 5}}',
    ['gwproxy.yaml:3:14: ${port} is ambiguous with 2 listeners; write ${port.x} or ${port.y}'],
  ],
  [
    '${port.x} of an unknown listener',
    'a:\n    command: node\n    env: {P: "${port.mesages}"}\n    listeners: {messages: {port: 4}, y: {port: 5}}',
    ["gwproxy.yaml:4:14: ${port.mesages}: this profile has no listener 'mesages'; did you mean 'messages'?"],
  ],
  [
    '${port} outside of command and env',
    'a:\n    command: node\n    cwd: x${port}',
    ['gwproxy.yaml:4:10: a port can be used only in command and env'],
  ],
  [
    'one port_env for two listeners',
    'a:\n    command: node\n    listeners: {x: {port_env: P}, y: {port_env: P}}',
    ["gwproxy.yaml:4:49: port_env P already holds the port of listener 'x'; choose another variable"],
  ],
  [
    'a PORT in env that would be overwritten',
    'a:\n    command: node\n    env: {PORT: 3000}',
    [
      "gwproxy.yaml:4:11: gwproxy sets PORT to the port of listener 'main'; for a fixed port write listeners: { main: { port: … } }",
    ],
  ],
  [
    'one path for two listeners',
    'a:\n    command: node\n    listeners: {x: {port: 4, paths: [/a]}, y: {port: 5, paths: [/b, /a/]}}',
    ["gwproxy.yaml:4:69: path '/a' already belongs to listener 'x'; remove one of them"],
  ],
  [
    'invalid paths',
    "a:\n    command: node\n    listeners:\n      x:\n        paths: [a, '/a?b', /a/../b, /%2e/b, //a, /a/*, /ä, '/#', '/a\\b', 5]",
    [
      "gwproxy.yaml:6:17: listeners.x.paths must start with '/'",
      'gwproxy.yaml:6:20: listeners.x.paths must be a path without a query or a fragment',
      "gwproxy.yaml:6:28: listeners.x.paths must not hold '.' or '..' segments",
      "gwproxy.yaml:6:37: listeners.x.paths must not hold '.' or '..' segments",
      "gwproxy.yaml:6:45: listeners.x.paths must not hold '//'",
      "gwproxy.yaml:6:50: listeners.x.paths is already a prefix; leave out the '*'",
      'gwproxy.yaml:6:56: listeners.x.paths must be visible ASCII without backslashes; percent-encode the rest',
      'gwproxy.yaml:6:60: listeners.x.paths must be a path without a query or a fragment',
      'gwproxy.yaml:6:66: listeners.x.paths must be visible ASCII without backslashes; percent-encode the rest',
      'gwproxy.yaml:6:74: listeners.x.paths must be a path such as /api/messages, not 5',
    ],
  ],
  [
    'one path, not in a list',
    'a:\n    command: node\n    listeners: {x: {paths: /a}}',
    [
      "gwproxy.yaml:4:28: listeners.x.paths must be a list of paths, each behind a '-' or in [ ], not '/a'; write [/a]",
    ],
  ],
  [
    'a health path without a slash',
    'a:\n    command: node\n    listeners: {x: {health: health}}',
    ["gwproxy.yaml:4:29: listeners.x.health must be a path such as /health, in visible ASCII, not 'health'"],
  ],
  [
    'a health of the wrong kind',
    'a:\n    command: node\n    listeners: {x: {health: [/a]}}',
    ['gwproxy.yaml:4:29: listeners.x.health must be a path such as /health, or a map with it, not a list'],
  ],
  [
    'mistakes in a health map',
    'a:\n    command: node\n    listeners: {x: {health: {path: x, interval: 0s, failures: 0, tries: 1}}}',
    [
      "gwproxy.yaml:4:36: listeners.x.health.path must be a path such as /health, in visible ASCII, not 'x'",
      'gwproxy.yaml:4:49: listeners.x.health.interval must not be zero',
      'gwproxy.yaml:4:63: listeners.x.health.failures must be a whole number from 1 to 1000, not 0',
      "gwproxy.yaml:4:66: unknown key 'tries'; the keys here are path, status, body, interval, timeout, failures, successes, restart_after",
    ],
  ],
  [
    'two listeners on one port',
    'a:\n    command: node\n    listeners: {x: {port: 5000}}\n  b:\n    command: node\n    listeners: {y: {port: 5000, host: localhost}}',
    [
      "gwproxy.yaml:7:27: port 5000 is already taken by listener 'x' of profile 'a' at gwproxy.yaml:4; choose another",
    ],
  ],
  [
    'a wildcard host on a port that is taken',
    'a:\n    command: node\n    listeners: {x: {port: 5000}, y: {port: 5000, host: "::"}}',
    [
      "gwproxy.yaml:4:44: port 5000 is already taken by listener 'x' of profile 'a' at gwproxy.yaml:4; choose another",
    ],
  ],
  [
    "the door's own port",
    'a:\n    command: node\n    listeners: {x: {port: 3978}}',
    ["gwproxy.yaml:4:27: port 3978 is gwproxy's own public port (listen); choose another, or leave it out"],
  ],
];

const ROUTES: readonly Mistake[] = [
  [
    'routes that are not a list',
    'a:\n    command: node\n    routes: {path: /x}',
    ["gwproxy.yaml:4:13: routes must be a list, each route behind a '-', not a map"],
  ],
  [
    'an empty route',
    'a:\n    command: node\n    routes: [{}]',
    [
      'gwproxy.yaml:4:14: this route must name one of bot_framework, dingtalk, discord, gitea, github, google_chat, graph, instagram, lark, line, mattermost, messenger, slack, telegram, twilio, webex, wecom, whatsapp, zoom, path, host, header or json',
    ],
  ],
  [
    'a route that is not a map',
    'a:\n    command: node\n    routes: [/x]',
    ["gwproxy.yaml:4:14: this route must be a map, such as path: /hooks or bot_framework: …, not '/x'"],
  ],
  [
    'a misspelt sender',
    'a:\n    command: node\n    routes: [{slak: {app: A1}}]',
    ["gwproxy.yaml:4:15: unknown key 'slak'; did you mean 'slack'?"],
  ],
  [
    'a misspelt field',
    'a:\n    command: node\n    routes: [{slack: {ap: A1}}]',
    ["gwproxy.yaml:4:23: unknown key 'ap'; did you mean 'app'?"],
  ],
  [
    'a sender without a field',
    'a:\n    command: node\n    routes: [{slack: {}}]',
    ['gwproxy.yaml:4:22: slack must name team, enterprise, app or token'],
  ],
  [
    'a field without a value',
    'a:\n    command: node\n    routes: [{slack: {app: A1, team: }}, {slack: {team: []}}, {slack: {team: ""}}]',
    [
      'gwproxy.yaml:4:38: slack.team must be text or a list of texts, not empty',
      'gwproxy.yaml:4:57: slack.team must be text or a list of texts, not an empty list',
      'gwproxy.yaml:4:78: slack.team must be text or a list of texts, not an empty text',
    ],
  ],
  [
    'two senders in one route',
    'a:\n    command: node\n    routes: [{slack: {app: A1}, bot_framework: {app: x}}]',
    [
      'gwproxy.yaml:4:14: this route must name one sender, not bot_framework and slack; write a route for each',
    ],
  ],
  [
    'a strip_prefix without a path',
    'a:\n    command: node\n    routes: [{slack: {app: A1}, strip_prefix: true}]',
    ["gwproxy.yaml:4:14: this route has 'strip_prefix' but no 'path'; write the path to remove"],
  ],
  [
    'a path without a slash',
    'a:\n    command: node\n    routes: [{path: hooks}]',
    ["gwproxy.yaml:4:21: path must start with '/'"],
  ],
  [
    'one path twice',
    'a: {command: node, routes: [{path: /x}]}\n  b: {command: node, routes: [{path: /x/}]}',
    [
      "gwproxy.yaml:3:31: path '/x' is already claimed by profile 'a' at gwproxy.yaml:2; make one more specific, or remove it",
    ],
  ],
  [
    'one key twice in a profile',
    'a:\n    command: node\n    routes:\n      - slack: {app: A1}\n      - slack: {app: A1}',
    [
      "gwproxy.yaml:6:9: this slack route (app) is already claimed by profile 'a' at gwproxy.yaml:5; make one more specific, or remove it",
    ],
  ],
  [
    'lists that share a value',
    'a: {command: node, routes: [{slack: {team: [T1, T2], app: A1}}]}\n  b: {command: node, routes: [{slack: {app: [A0, A1], team: [T2, T3]}}]}',
    [
      "gwproxy.yaml:3:31: this slack route (team, app) is already claimed by profile 'a' at gwproxy.yaml:2; make one more specific, or remove it",
    ],
  ],
  [
    'one GUID in two cases',
    `a: {command: node, routes: [{bot_framework: {app: ${GUID}}}]}\n  b: {command: node, routes: [{bot_framework: {app: ${GUID.toUpperCase()}}}]}`,
    [
      "gwproxy.yaml:3:31: this bot_framework route (app) is already claimed by profile 'a' at gwproxy.yaml:2; make one more specific, or remove it",
    ],
  ],
  [
    'an app and its recipient',
    `a: {command: node, routes: [{bot_framework: {app: ${GUID}}}]}\n  b: {command: node, routes: [{bot_framework: {recipient: "28:${GUID}"}}]}`,
    [
      "gwproxy.yaml:3:31: this bot_framework route (recipient) is already claimed by profile 'a' at gwproxy.yaml:2; make one more specific, or remove it",
    ],
  ],
];

function run(group: string, mistakes: readonly Mistake[], wrap: (config: string) => string): void {
  for (const [name, config, problems, others = {}] of mistakes) {
    test(`${group}: ${name}`, async (t) => {
      const { loaded, lines } = await load(t, { 'gwproxy.yaml': wrap(config), ...others });
      assert.deepEqual(lines, problems);
      assert.equal(loaded.ok, false);
    });
  }
}

run('syntax', SYNTAX, (config) => config);
run('slips', SLIPS, (config) => config);
run('spellings', SPELLINGS, (config) => `profiles:\n  ${config}\n`);
run('settings', SETTINGS, (config) => config);
run('profiles', PROFILES, (config) => `profiles:\n  ${config}\n`);
run('running', RUNNING, (config) => `profiles:\n  ${config}\n`);
run('listeners', LISTENERS, (config) => `profiles:\n  ${config}\n`);
run('routes', ROUTES, (config) => `profiles:\n  ${config}\n`);
