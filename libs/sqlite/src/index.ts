export { openSqliteLog, operateSqliteLog, type SqliteLogOptions, type SqliteTopic } from './log.ts';
export { openSqliteStore } from './store.sqlite.ts';
