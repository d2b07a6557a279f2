import { metaPlatform } from './meta.ts';

/** A professional account's messages and comments, told by the entry's id as with Messenger's pages. */
export const instagram = metaPlatform({ name: 'instagram', object: 'instagram', account: 'account' });
