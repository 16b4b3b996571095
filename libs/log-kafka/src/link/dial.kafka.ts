import { type Clock, LogError } from '@clatter/ports';
import type { SASLOptions } from 'kafkajs';
import { CONNECT_MS, type KafkaConnection, openSocket } from '../client.kafka.ts';
import { authenticate, type Protocol } from '../inside.kafka.ts';
import { API_VERSIONS, missingOf } from '../wire/apiVersions.ts';
import { FETCH } from '../wire/fetch.ts';
import { LIST_OFFSETS } from '../wire/listOffsets.ts';
import { type Address, METADATA } from '../wire/metadata.ts';
import { PRODUCE } from '../wire/produce.ts';
import { Link, Unsent } from './link.ts';

/** Makes a link to a broker: connected, authenticated, and one that speaks what we do. @throws {Unsent | LogError} */
export type Dial = (address: Address) => Promise<Link>;

/** of a session's lifetime after which the link is replaced by one that is authenticated anew (KIP-368) */
const RENEWED_AT = 0.7;
/** ms until a link must be authenticated: a token, or a key of many rounds, may take long; and what never comes would hold its lane for ever */
const AUTHENTICATED_MS = 10_000;

export const dialer =
  (connection: KafkaConnection, clock: Clock): Dial =>
  async (address) => {
    const link = await connected(connection, address, clock).catch((error: unknown) => {
      throw error instanceof Unsent ? error : new Unsent(`${address.host}:${address.port} can not be reached`, { cause: error });
    });
    const at = `${address.host}:${address.port}`;
    try {
      // a broker tells its versions before it knows who asks
      const missing = missingOf(await link.request(API_VERSIONS, { guess: 0, withinMs: CONNECT_MS }, () => {}), NEEDED);
      if (missing) throw new LogError('fatal', `the broker at ${at} does not speak ${missing}`);
      const { sasl } = connection;
      const lifetime = sasl ? await inTime(clock, authenticate({ ...address, sasl: fetching(sasl), send: (protocol) => send(link, protocol) })) : 0;
      if (lifetime > 0) link.expires = clock.now() + lifetime * RENEWED_AT;
      return link;
    } catch (error) {
      const refused = link.open; // else the connection was lost, and kafkajs calls that a refusal too
      link.end('it could not be used');
      if (error instanceof LogError || error instanceof Unsent) throw error;
      const why = `${at}: ${error instanceof Error ? error.message : String(error)}`;
      throw refused ? new LogError('fatal', why, error) : new Unsent(why, { cause: error });
    }
  };

const NEEDED = [PRODUCE, FETCH, LIST_OFFSETS, METADATA];

const connected = ({ ssl, clientId }: KafkaConnection, { host, port }: Address, clock: Clock): Promise<Link> =>
  new Promise((resolve, reject) => {
    const failed = (why: string, cause?: unknown): void => {
      cancel();
      socket.destroy();
      reject(new Unsent(`${host}:${port}: ${why}`, { cause }));
    };
    const onError = (error: Error): void => failed(whyOf(error), error);
    const onClose = (): void => failed('the connection was closed'); // a TLS handshake may end without an error
    // first, since it throws at once where an address is none
    const socket = openSocket(host, port, ssl, () => {
      cancel();
      const link = new Link(socket, clock, clientId);
      socket.off('error', onError).off('close', onClose);
      resolve(link);
    });
    const cancel = clock.after(CONNECT_MS, () => failed(`no connection within ${CONNECT_MS} ms`));
    socket.on('error', onError).on('close', onClose);
  });

/** Of a name that stands for several addresses: each has its error, and the whole has no message. */
const whyOf = (error: Error): string => (error instanceof AggregateError ? error.errors.map(({ message }: Error) => message).join(', ') : error.message);

/** @throws {Unsent} where it takes longer than a link may */
const inTime = <T>(clock: Clock, authenticating: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(AUTHENTICATED_MS, () => reject(new Unsent(`not authenticated within ${AUTHENTICATED_MS} ms`)));
    authenticating.then(resolve, reject).finally(cancel);
  });

/** Who gives the tokens may be away: the broker has refused nobody then. */
const fetching = (sasl: SASLOptions): SASLOptions => {
  if (sasl.mechanism !== 'oauthbearer') return sasl;
  const oauthBearerProvider: typeof sasl.oauthBearerProvider = async () => {
    try {
      return await sasl.oauthBearerProvider();
    } catch (error) {
      throw new Unsent('no token could be fetched', { cause: error });
    }
  };
  return { ...sasl, oauthBearerProvider };
};

const send = async (link: Link, { request, response }: Protocol): Promise<unknown> => {
  const { apiKey, apiVersion: version, apiName } = request;
  const { buffer } = await request.encode();
  const body = await link.request({ apiKey, version, apiName }, { guess: buffer.length, withinMs: CONNECT_MS }, (to) => to.raw(buffer));
  return response.parse(await response.decode(body));
};
