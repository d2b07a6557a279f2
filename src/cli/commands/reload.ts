export async function reload(_configFile: string, _json: boolean): Promise<void> {}
