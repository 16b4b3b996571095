import { authConfig } from '@clatter/auth';
import { edgeConfig } from '@clatter/edge';
import { httpConfig, LOG_LEVELS, setting } from '@clatter/runtime';

/** Settings of the embedded mode: all services in one process on SQLite. */
export const standaloneConfig = {
  port: setting('port', 'CLATTER_PORT', 'port of HTTP and WebSockets', { default: 8080 }),
  host: setting('text', 'CLATTER_HOST', 'address to listen on', { default: '127.0.0.1' }),
  adminPort: setting('port', 'CLATTER_ADMIN_PORT', 'port of /livez, /readyz and /metrics; 0: any free one', { default: 0 }),
  data: setting('text', 'CLATTER_DATA', 'folder of the data', { default: './data' }),
  logLevel: setting('text', 'CLATTER_LOG', 'what is logged: debug, info, warn or error', { default: 'warn', values: LOG_LEVELS }),
  partitions: setting('number', 'CLATTER_PARTITIONS', 'partitions of every topic; fixed for the life of the data', { default: 4, min: 1, max: 64 }),
  httpRequests: httpConfig.requests,
  ...authConfig,
  ...edgeConfig,
};
