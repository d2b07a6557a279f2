export async function exec(
  _configFile: string,
  _profile: string,
  _command: readonly string[],
): Promise<void> {}
