import { metaPlatform } from './meta.ts';

/**
 * A page's messages, and those it receives as a secondary receiver (standby). The entry's id is always the page; the
 * recipient of a message is not, since echoes of the page's own messages are for its users.
 */
export const messenger = metaPlatform({ name: 'messenger', object: 'page', account: 'page' });
