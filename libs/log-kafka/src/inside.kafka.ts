import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { LogError } from '@clatter/ports';
import kafkajs, { type SASLOptions } from 'kafkajs';

// Everything of kafkajs that its types leave out and we touch. It is bound to one version, and looked at when a log is opened.
const VERSION = '2.2.4';
const require = createRequire(import.meta.url);

export type SocketRequest = { readonly requestTimeout: number; timeoutRequest(): void };
export type PushedRequest = { readonly entry: { resolve(answer: unknown): void; reject(error: unknown): void } };
export type RequestQueue = {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
  createSocketRequest(request: PushedRequest): SocketRequest;
};
export type Connection = {
  readonly requestQueue: RequestQueue;
  socket?: Socket;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  isConnected(): boolean;
  connect(): Promise<unknown>;
};
type Prototype<T> = { readonly prototype: T };

/** A request and how its answer is read, as kafkajs makes them. */
export type Protocol = {
  readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string; encode(): Promise<{ readonly buffer: Buffer }> };
  readonly response: { decode(body: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
};
/** What kafkajs' authenticator needs of a connection where the SASL bytes go in requests of their own (Kafka 1.0 and later). */
export type Authenticating = { readonly host: string; readonly port: number; readonly sasl: SASLOptions; send(protocol: Protocol): Promise<unknown> };
type Authenticator = { readonly sessionLifetime: unknown; authenticate(): Promise<void> };
type Versions = Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;
const SILENT = { namespace: () => SILENT, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const SASL_VERSIONS: Versions = { 17: { minVersion: 0, maxVersion: 1 }, 36: { minVersion: 0, maxVersion: 1 } };

const protocolError = require('kafkajs/src/protocol/error') as { createErrorFromCode(code: number): Error & { readonly type: string } };
const SaslAuthenticator = require('kafkajs/src/broker/saslAuthenticator') as new (
  connection: Authenticating,
  logger: object,
  versions: Versions,
  byRequests: boolean,
) => Authenticator;

/** kafkajs' own connections, from the inside out. */
export const requestQueue = (require('kafkajs/src/network/requestQueue') as Prototype<RequestQueue>).prototype;
export const connection = (require('kafkajs/src/network/connection') as Prototype<Connection>).prototype;

/** An answer's error code as an error with its name (`type`). */
export const errorOfCode = (code: number): Error & { readonly type: string } => protocolError.createErrorFromCode(code);

/** Authenticates a connection by the mechanism of its `sasl`. Returns ms until it must be done again, 0 = never. @throws where it is refused */
export const authenticate = async (connection: Authenticating): Promise<number> => {
  const authenticator = new SaslAuthenticator({ ...connection, sasl: { ...connection.sasl } }, SILENT, SASL_VERSIONS, true);
  await authenticator.authenticate();
  return Number(authenticator.sessionLifetime);
};

/** Names that must be functions, by where they stand: also those that facade.kafka.ts and assigner.kafka.ts reach through what kafkajs gives them. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'kafkajs/src/network/requestQueue': ['scheduleCheckPendingRequests', 'checkPendingRequests', 'createSocketRequest'],
  'kafkajs/src/network/requestQueue/socketRequest': ['timeoutRequest'],
  'kafkajs/src/network/connection': ['connect', 'isConnected'],
  'kafkajs/src/broker/saslAuthenticator': ['authenticate'],
  'kafkajs/src/cluster': ['findGroupCoordinator', 'findTopicPartitionMetadata'],
  'kafkajs/src/broker': ['joinGroup', 'syncGroup', 'heartbeat'],
};

/** Returns what of kafkajs is not as this package knows it; '' = all is. */
export const strangeOf = (load: (path: string) => unknown = require): string => {
  const { version } = load('kafkajs/package.json') as { readonly version: string };
  if (version !== VERSION) return `kafkajs is ${version}, not ${VERSION}`;
  const missing = Object.entries(NAMES).flatMap(([path, names]) => {
    const { prototype } = load(path) as Prototype<Record<string, unknown>>;
    return names.filter((name) => typeof prototype?.[name] !== 'function').map((name) => `${path}: ${name}`);
  });
  if (typeof protocolError.createErrorFromCode !== 'function') missing.push('kafkajs/src/protocol/error: createErrorFromCode');
  if (typeof kafkajs.AssignerProtocol?.MemberMetadata?.encode !== 'function') missing.push('kafkajs: AssignerProtocol');
  return missing.length > 0 ? `kafkajs lacks ${missing.join(', ')}` : '';
};

/** @throws {LogError} fatal where another kafkajs is installed than this package was written for */
export const assertKnownKafkajs = (): void => {
  const strange = strangeOf();
  if (strange) throw new LogError('fatal', `${strange}: this package reaches into it and must be looked over first`);
};
