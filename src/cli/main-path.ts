import { fileURLToPath } from 'node:url';

/** The command line's own file, with symbolic links resolved: services and `up --detach` run it with this Node. */
export const MAIN_PATH: string = fileURLToPath(new URL('./main.js', import.meta.url));
