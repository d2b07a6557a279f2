/**
 * The name in a Host header, as routes hold it: in lower case, without its port and without the dot of the DNS
 * root. An IPv6 address keeps its brackets. '' where there is none.
 */
export function hostName(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const name = (end > 0 ? host.slice(0, end) : host).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
