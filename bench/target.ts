import { callersSettings } from './settings.ts';

/** What can be started. */
export type System = 'bare' | 'embedded' | 'cluster';

/** A system under measurement: processes that are children of this one. */
export type Target = {
  readonly mode: System;
  /** where accounts are registered; undefined for the bare fan-out, which knows none */
  readonly accounts?: string;
  /** where sockets are taken, in turn */
  readonly sockets: readonly string[];
  stop(): Promise<void>;
};

/**
 * What every Clatter is told here: no limit on the one address that all load comes from, tokens that outlive a run, cheap password hashes;
 * and what the caller set, which goes first.
 */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  CLATTER_SESSION_RATE: '100000',
  CLATTER_USER_RATE: '100000',
  CLATTER_ADDRESS_RATE: '1000000',
  CLATTER_REGISTRATIONS_PER_ADDRESS: '10000',
  CLATTER_LOGINS_PER_ADDRESS: '10000',
  CLATTER_ARGON2_KIB: '1024',
  CLATTER_ACCESS_MINUTES: '60',
  CLATTER_DRAIN_MS: '50',
  ...callersSettings(process.env),
};
