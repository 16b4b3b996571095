import { LogError, StoreUnavailable } from '@clatter/ports';
import { ConfigError } from './config.ts';

/** What the person who started a process is told when it could not start; with a stack only where the cause is a defect of ours. */
export const startFailure = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port } = error as NodeJS.ErrnoException & { readonly address?: string; readonly port?: number };
  if (code === 'EADDRINUSE') return `${address}:${port} is in use by another program: stop it, or choose another port.`;
  const mendable = [ConfigError, LogError, StoreUnavailable].some((type) => error instanceof type);
  const known = mendable || code !== undefined || /in use|can not be opened/.test(error.message);
  return known ? error.message : (error.stack ?? error.message);
};
