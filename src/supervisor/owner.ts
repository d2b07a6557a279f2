/** Whose process listens on a port. */
export type Owner =
  | { readonly kind: 'own' }
  /** `name` for the operator: the program and its pid. */
  | { readonly kind: 'foreign'; readonly name: string }
  /** Another user's, a container's, or a system that does not say; `reason` in plain words. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** `members`: the gateway's processes. */
export async function ownerOf(
  _address: { readonly host: string; readonly port: number },
  _members: () => Promise<readonly number[]>,
): Promise<Owner> {
  return { kind: 'unknown', reason: 'nobody has looked' };
}
