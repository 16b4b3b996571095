export { authConfig } from './config.ts';
export { AUTH_LIMITS } from './limits.ts';
export { type AuthPorts, wireAuth } from './wire.ts';
