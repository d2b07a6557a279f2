import { metaPlatform } from './meta.ts';

/** A professional account's messages and comments; the entry's id is the account. */
export const instagram = metaPlatform({ name: 'instagram', object: 'instagram', account: 'account' });
