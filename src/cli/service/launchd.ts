import { join } from 'node:path';
import { type ServiceDefinition, WRITTEN_BY } from './service-definition.ts';

/** The text of a launchd agent, a property list (launchd.plist(5)). */
export function launchdAgent(service: ServiceDefinition): string {
  const { name, configFile, folder, stateFolder, node, main, env, stopTime } = service;
  const entries: readonly (readonly [string, Value])[] = [
    ['Label', name],
    ['ProgramArguments', [node, main, 'up', '-c', configFile]],
    ['WorkingDirectory', folder],
    ['EnvironmentVariables', env],
    ['RunAtLoad', true],
    // `gwproxy down` ends it with 0, and launchd does not start it again.
    ['KeepAlive', { SuccessfulExit: false }],
    ['ThrottleInterval', 10],
    ['ExitTimeOut', Math.ceil(stopTime / 1000)],
    // Events go to gwproxy's own log, which is rotated. up.log says why it did not start.
    ['StandardOutPath', '/dev/null'],
    ['StandardErrorPath', join(stateFolder, 'up.log')],
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${WRITTEN_BY}, which overwrites it. Install it again when Node, gwproxy or the config moves. -->
<plist version="1.0">
${dictionary(entries, '')}
</plist>
`;
}

type Value = string | number | boolean | readonly string[] | Readonly<Record<string, string | boolean>>;

function dictionary(entries: readonly (readonly [string, Value])[], indent: string): string {
  const inside = entries.map(
    ([key, value]) => `${indent}\t<key>${escaped(key)}</key>\n${indent}\t${element(value, indent)}`,
  );
  return `<dict>\n${inside.join('\n')}\n${indent}</dict>`;
}

function element(value: Value, indent: string): string {
  if (typeof value === 'string') return `<string>${escaped(value)}</string>`;
  if (typeof value === 'number') return `<integer>${value}</integer>`;
  if (typeof value === 'boolean') return value ? '<true/>' : '<false/>';
  const inner = `${indent}\t`;
  if (!isList(value)) return dictionary(Object.entries(value), inner);
  return `<array>\n${value.map((item) => `${inner}\t<string>${escaped(item)}</string>`).join('\n')}\n${inner}</array>`;
}

function isList(value: readonly string[] | Readonly<Record<string, unknown>>): value is readonly string[] {
  return Array.isArray(value);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
