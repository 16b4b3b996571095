import { setting } from '@clatter/runtime';
import { EDGE_DEFAULTS } from './settings.ts';

/** Settings of the edge. */
export const edgeConfig = {
  origins: setting('list', 'CLATTER_ORIGINS', 'origins of pages that may connect, separated by commas; empty: only pages of this host', { default: [] }),
  heartbeat: setting('number', 'CLATTER_HEARTBEAT_MS', 'heartbeat of clients, ms; two missing: closed 4009', { default: EDGE_DEFAULTS.heartbeat, min: 200 }),
  frame: setting('number', 'CLATTER_FRAME_BYTES', 'largest frame of a client, bytes', { default: EDGE_DEFAULTS.frame, min: 8_192 }),
  sessionRate: setting('number', 'CLATTER_SESSION_RATE', 'frames per second of one session; twice as many at once', {
    default: EDGE_DEFAULTS.sessionRate,
    min: 1,
  }),
  userRate: setting('number', 'CLATTER_USER_RATE', 'frames per second of one user over all sessions', { default: EDGE_DEFAULTS.userRate, min: 1 }),
  addressRate: setting('number', 'CLATTER_ADDRESS_RATE', 'frames per second from one address', { default: EDGE_DEFAULTS.addressRate, min: 1 }),
  sockets: setting('number', 'CLATTER_SOCKETS', 'sockets of one edge', { default: EDGE_DEFAULTS.sockets, min: 1 }),
  socketsPerAddress: setting('number', 'CLATTER_SOCKETS_PER_ADDRESS', 'sockets from one address', { default: EDGE_DEFAULTS.socketsPerAddress, min: 1 }),
  slowBytes: setting('number', 'CLATTER_SLOW_BYTES', 'bytes that may wait for one socket; beyond it: closed 4008', {
    default: EDGE_DEFAULTS.slowBytes,
    min: 65_536,
  }),
  drainWave: setting('number', 'CLATTER_DRAIN_MS', 'time over which clients are sent away on stop, ms', { default: EDGE_DEFAULTS.drainWave, min: 0 }),
};

/** Where an edge that is a process of its own finds the routers. */
export const edgeRouters = {
  routers: setting('text', 'CLATTER_EDGE_ROUTERS', 'remote: feeds go to routers in processes of their own; local: this edge runs routers itself', {
    default: 'remote',
    values: ['remote', 'local'],
  }),
  messagingRouters: setting('list', 'CLATTER_MESSAGING_ROUTERS', 'ws://host:port of messaging routers, separated by commas; not used with local ones', {
    default: ['ws://127.0.0.1:8090'],
  }),
  presenceRouters: setting('list', 'CLATTER_PRESENCE_ROUTERS', 'ws://host:port of presence routers, separated by commas; not used with local ones', {
    default: ['ws://127.0.0.1:8092'],
  }),
  authRouters: setting('list', 'CLATTER_AUTH_ROUTERS', 'ws://host:port of auth routers, separated by commas; not used with local ones', {
    default: ['ws://127.0.0.1:8091'],
  }),
  apis: setting('list', 'CLATTER_APIS', 'OpenAPI documents of the other services, shown with the own one; URLs separated by commas', { default: [] }),
};
