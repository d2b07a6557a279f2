export async function logs(
  _configFile: string,
  _options: { readonly profiles: readonly string[]; readonly follow: boolean; readonly lines: string },
): Promise<void> {}
