/** The public API: runs gwproxy inside another Node program. The command line uses the same functions. */

export type { ProfileStatus, Status } from './admin/status.ts';
export { type App, type AppOptions, startApp } from './app.ts';
export { formatProblem, loadConfig } from './config/load.ts';
export type { Plan } from './config/types.ts';
export { CommandError, DoorError, type DoorErrorCode, EXIT } from './errors.ts';
export type { Event, GatewayStateName as GatewayState, Report } from './events.ts';
export { stateFolder } from './state-folder.ts';
