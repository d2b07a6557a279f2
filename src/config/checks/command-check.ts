import { type Problem, problemAt } from '../problems.ts';
import { fieldSource, type Profile } from '../read/profile.ts';
import { COMMAND_ONLY } from '../schema/profile-schema.ts';
import { treeAt } from '../source/yaml-tree.ts';

/** A profile is run by a command or found at a url, and has the fields of one of the two. */
export function checkLaunch(profile: Profile): readonly Problem[] {
  const { command, url } = profile.config;
  const { invalidFields: broken } = profile;
  if (command !== undefined && url !== undefined) {
    const message = "'command' and 'url' exclude each other: a gateway is run here or elsewhere";
    return [problemAt(fieldSource(profile, 'url'), message)];
  }
  if (url !== undefined) return besideUrl(profile);
  if (command !== undefined || ['command', 'url', 'preset'].some((field) => broken.has(field))) return [];
  return [problemAt(profile.source, `missing command: profile '${profile.name}' needs 'command' or 'url'`)];
}

function besideUrl(profile: Profile): readonly Problem[] {
  const fields = COMMAND_ONLY.filter((field) => treeAt(profile.tree, [field]) !== undefined).map((field) =>
    problemAt(
      fieldSource(profile, field),
      `'${field}' cannot be used with 'url': gwproxy does not run that gateway`,
    ),
  );
  const names = Object.keys(profile.config.listeners);
  if (names.length > 1) {
    const message = "a profile with 'url' has one listener, and the url is its address";
    return [...fields, problemAt(fieldSource(profile, 'listeners'), message)];
  }
  const addresses = names.flatMap((name) =>
    ['port', 'port_env', 'host']
      .filter((field) => treeAt(profile.tree, ['listeners', name, field]) !== undefined)
      .map((field) =>
        problemAt(
          fieldSource(profile, 'listeners', name, field),
          `'${field}' cannot be used with 'url', which already is the address`,
        ),
      ),
  );
  return [...fields, ...addresses];
}
