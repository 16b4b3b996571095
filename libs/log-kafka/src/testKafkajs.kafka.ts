import { createRequire } from 'node:module';
import type { Connection as Inside } from './inside.kafka.ts';

// For the tests of mend.kafka.ts alone: the parts of kafkajs 2.2.4 that are mended.
export const load = createRequire(import.meta.url);
export type Made = Inside & { send(protocol: object): Promise<string>; disconnect(): Promise<void>; readonly requestQueue: { push(request: object): void } };
export const Connection = load('kafkajs/src/network/connection') as new (options: object) => Made;
export const Pool = load('kafkajs/src/network/connectionPool') as new (options: object) => object;
export const Broker = load('kafkajs/src/broker') as new (options: object) => { connect(): Promise<void> };
export const Encoder = load('kafkajs/src/protocol/encoder') as new () => object;
