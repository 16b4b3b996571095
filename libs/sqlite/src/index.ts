export { openSqliteLog, SQLITE_LIMITS, type SqliteLogOptions } from './log.ts';
export { openSqliteStore } from './store.sqlite.ts';
