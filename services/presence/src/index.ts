export { presenceConfig } from './config.ts';
export { PRESENCE_LIMITS } from './limits.ts';
export { type PresencePorts, wirePresence } from './wire.ts';
