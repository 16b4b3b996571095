export { runService, type Surroundings, type Wired } from './service.ts';
