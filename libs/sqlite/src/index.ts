export { openSqliteLog, type SqliteLogOptions } from './log.ts';
export { openSqliteStore } from './store.ts';
