import { LogError } from '@clatter/ports';
import type { Address } from '../wire/metadata.ts';

const MOST_PORT = 65_535;

/** `host:port`, also `[::1]:port`. @throws {LogError} fatal */
export const addressOf = (broker: string): Address => {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(broker) ?? [];
  if (host === '' || Number(port) > MOST_PORT) throw new LogError('fatal', `a Kafka broker is host:port, not ${broker}`);
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
};
