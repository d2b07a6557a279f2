/**
 * The name in a Host header, in the form that routes have: lower case, without a port and without a final dot. An IPv6
 * address keeps its brackets. '' if the header is empty.
 */
export function hostName(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const name = (end > 0 ? host.slice(0, end) : host).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
