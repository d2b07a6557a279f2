/** The allowed methods. TRACE would reveal credentials, CONNECT makes a tunnel, and no webhook uses the others. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
