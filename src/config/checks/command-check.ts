import { type Problem, problemAt } from '../problems.ts';
import { fieldSource, type Profile, writtenFields } from '../read/profile.ts';
import { COMMAND_ONLY } from '../schema/profile-schema.ts';
import { treeAt } from '../source/yaml-tree.ts';

/** A profile has either a command or a url, and only the fields that go with it. */
export function checkLaunch(profile: Profile): readonly Problem[] {
  const { command, url } = profile.config;
  const { invalidFields } = profile;
  if (command !== undefined && url !== undefined) {
    const message =
      "'command' and 'url' exclude each other; keep 'url' only if someone else runs the gateway";
    return [problemAt(fieldSource(profile, 'url'), message)];
  }
  if (url !== undefined) return besideUrl(profile);
  if (command !== undefined || ['command', 'url', 'preset'].some((field) => invalidFields.has(field)))
    return [];
  return [problemAt(profile.source, `missing command: profile '${profile.name}' needs 'command' or 'url'`)];
}

function besideUrl(profile: Profile): readonly Problem[] {
  const fields = writtenFields(profile, COMMAND_ONLY).map((field) =>
    problemAt(
      fieldSource(profile, field),
      `'${field}' cannot be used with 'url', since gwproxy does not run that gateway; remove it`,
    ),
  );
  const names = Object.keys(profile.config.listeners);
  if (names.length === 0) {
    const message = "'url' needs a listener, which gwproxy probes at that address; remove 'listeners: none'";
    return [...fields, problemAt(fieldSource(profile, 'listeners'), message)];
  }
  if (names.length > 1) {
    const message = "a profile with 'url' has one listener, and its address is the url; remove the others";
    return [...fields, problemAt(fieldSource(profile, 'listeners'), message)];
  }
  const addresses = [
    ['add_prefix'],
    ...names.flatMap((name) =>
      ['port', 'port_env', 'host', 'add_prefix'].map((field) => ['listeners', name, field]),
    ),
  ]
    .filter((path) => treeAt(profile.tree, path) !== undefined)
    .map((path) => problemAt(fieldSource(profile, ...path), besideAddress(path.at(-1) ?? '')));
  return [...fields, ...addresses];
}

function besideAddress(field: string): string {
  return field === 'add_prefix'
    ? "'add_prefix' cannot be used with 'url'; write the prefix into it, such as http://127.0.0.1:8080/p/standup-bot"
    : `'${field}' cannot be used with 'url', which is already the address; remove it`;
}
