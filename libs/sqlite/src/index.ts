export { openSqliteLog, operateSqliteLog, SQLITE_LIMITS, type SqliteLogOptions, type SqliteTopic } from './log.ts';
export { openSqliteStore, SQLITE_STORE_LIMITS } from './store.ts';
