export { type PresencePorts, wirePresence } from './wire.ts';
