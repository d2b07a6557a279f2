import { join } from 'node:path';
import type { Derived, Preset, PresetContext } from '../../../../src/config/presets/preset.ts';
import { list, map, scalar } from '../../../../src/config/presets/tree-values.ts';
import { type Problem, problemAt } from '../../../../src/config/problems.ts';
import { parseYaml } from '../../../../src/config/source/yaml.ts';
import { treeAt } from '../../../../src/config/source/yaml-tree.ts';
import { errorMessage } from '../../../../src/util/errno.ts';

/** A bot of the invented program `shopbot`, which keeps its port and its Slack workspace in ~/.shopbot/NAME.yaml. */
export const shopbot: Preset = {
  name: 'shopbot',
  options: { bot: 'The name of the bot in shopbot, if it differs from the name here.' },
  async derive(context) {
    const { source, files, env, home } = context;
    const bot = context.options.get('bot') ?? context.profile;
    const file = join(env.get('HOME') || home, '.shopbot', `${bot}.yaml`);
    let text: string;
    try {
      text = await files.read(file);
    } catch (error) {
      return without(context, file, problemAt(source, `${file} cannot be read: ${errorMessage(error)}`));
    }
    const { tree, problems } = parseYaml(file, text);
    const port = tree === null ? undefined : treeAt(tree, ['port']);
    const team = tree === null ? undefined : treeAt(tree, ['slack', 'team']);
    if (port?.kind !== 'scalar' || typeof port.value !== 'number') {
      const missing = problemAt(port?.source ?? { file, line: 1, column: 1 }, 'port must be a number');
      return without(context, file, ...(problems.length > 0 ? problems : [missing]));
    }
    const listener = {
      port: scalar(port.value, port.source),
      health: scalar('/health', source),
      paths: list([scalar('/slack/events', source)], source),
    };
    const routes =
      team?.kind === 'scalar' && typeof team.value === 'string'
        ? [map({ slack: map({ team: scalar(team.value, team.source) }, team.source) }, team.source)]
        : [];
    const fields = {
      command: list(
        ['shopbot', 'serve', bot].map((word) => scalar(word, source)),
        source,
      ),
      listeners: map({ main: map(listener, port.source) }, source),
      routes: list(routes, source),
    };
    return { fields: map(fields, source), problems, warnings: [], files: [file] };
  },
};

function without({ source }: PresetContext, file: string, ...problems: readonly Problem[]): Derived {
  return { fields: map({}, source), problems, warnings: [], files: [file] };
}
