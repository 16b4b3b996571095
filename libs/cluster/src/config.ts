import { httpConfig, LOG_LEVELS, setting } from '@clatter/runtime';

/** Settings that every service of a cluster shares. */
export const clusterConfig = {
  port: setting('port', 'CLATTER_PORT', 'port of HTTP and WebSockets', { default: 8080 }),
  host: setting('text', 'CLATTER_HOST', 'address to listen on', { default: '0.0.0.0' }),
  adminPort: setting('port', 'CLATTER_ADMIN_PORT', 'port of /livez, /readyz and /metrics', { default: 9090 }),
  feedPort: setting('port', 'CLATTER_FEED_PORT', 'port on which routers take the feeds of edges', { default: 8090 }),
  feedCredential: setting('text', 'CLATTER_FEED_CREDENTIAL', 'secret that edges show to routers', { secret: true }),
  brokers: setting('list', 'KAFKA_BROKERS', 'Kafka brokers, host:port, separated by commas'),
  mongoUrl: setting('text', 'MONGO_URL', 'connection string of MongoDB', { secret: true }),
  mongoDatabase: setting('text', 'CLATTER_DATABASE', 'database in MongoDB', { default: 'clatter' }),
  prefix: setting('text', 'CLATTER_PREFIX', 'begins the name of every topic and group', { default: 'clatter.' }),
  partitions: setting('number', 'CLATTER_PARTITIONS', 'partitions of every topic; fixed for life', { default: 24, min: 1, max: 1_000 }),
  sessionTimeout: setting('number', 'CLATTER_SESSION_TIMEOUT_MS', 'until a silent member of a group is taken for dead, ms', { default: 6_000, min: 1_000 }),
  httpRequests: httpConfig.requests,
  logLevel: setting('text', 'CLATTER_LOG', 'what is logged: debug, info, warn or error', { default: 'info', values: LOG_LEVELS }),
  issuer: setting('text', 'CLATTER_ISSUER', 'issuer of access tokens', { default: 'clatter' }),
  audience: setting('text', 'CLATTER_AUDIENCE', 'audience of access tokens', { default: 'clatter' }),
  jwksUrl: setting('text', 'CLATTER_JWKS_URL', 'where the public signing keys are', { default: 'http://127.0.0.1:8080/.well-known/jwks.json' }),
};
