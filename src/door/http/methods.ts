/** TRACE shows a request's credentials to its sender; CONNECT makes a tunnel; the others no webhook uses. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
