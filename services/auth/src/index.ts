export { authConfig } from './config.ts';
export { type AuthPorts, wireAuth } from './wire.ts';
