import { dirname, resolve } from 'node:path';
import { readJwks } from '../../jwks.ts';
import { errorMessage } from '../../util/errno.ts';
import { type Problem, problemAt, shortPath } from '../problems.ts';
import type { Files } from '../source/files.ts';
import { valueSource } from '../source/yaml-tree.ts';
import type { Profile } from './profile.ts';

interface WithTokenKeys {
  readonly profile: Profile;
  readonly problems: readonly Problem[];
  /** The file's path, absolute; null if the profile names none. */
  readonly path: string | null;
}

/** Adds the keys of verify.bot_framework.keys_file to a profile. */
export async function withTokenKeys(profile: Profile, files: Files, folder: string): Promise<WithTokenKeys> {
  const written = profile.config.verify?.bot_framework?.keys_file;
  if (written === undefined) return { profile, problems: [], path: null };
  const source = valueSource(profile.tree, ['verify', 'bot_framework', 'keys_file']);
  const path = resolve(dirname(source.file), written);
  const refused = (why: string): WithTokenKeys => ({ profile, problems: [problemAt(source, why)], path });
  let text: string;
  try {
    text = await files.read(path);
  } catch (error) {
    const reason = errorMessage(error);
    return refused(`cannot read ${shortPath(path, folder)}: ${reason}`);
  }
  const read = readJwks(text);
  if (!read.ok) return refused(`${shortPath(path, folder)} ${read.reason}`);
  return { profile: { ...profile, tokenKeys: read.keys }, problems: [], path };
}
