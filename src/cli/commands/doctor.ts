export async function doctor(_configFile: string, _json: boolean): Promise<void> {}
