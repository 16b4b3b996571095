export { openSqliteLog, operateSqliteLog, SQLITE_LIMITS, type SqliteLogOptions, type SqliteTopic } from './log.ts';
export { openSqliteStore } from './store.ts';
