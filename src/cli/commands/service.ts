export async function service(
  _configFile: string,
  _action: string,
  _options: { readonly system: boolean },
): Promise<void> {}
