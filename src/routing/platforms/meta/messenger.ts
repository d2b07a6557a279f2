import { metaPlatform } from './meta.ts';

/**
 * A page's messages, and what it hears of standing by. The entry's id is the page in all of them; the recipient
 * of a message is not, where it echoes what the page wrote.
 */
export const messenger = metaPlatform({ name: 'messenger', object: 'page', account: 'page' });
