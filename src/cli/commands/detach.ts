export async function detach(_configFile: string, _profiles: readonly string[]): Promise<void> {}
