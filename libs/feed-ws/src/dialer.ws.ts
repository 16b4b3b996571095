import type { ServiceName } from '@clatter/contract';
import type { EdgeFeed, FeedDialer, Ids } from '@clatter/ports';
import { WebSocket } from 'ws';
import { FEED_LIMITS, WsFeed } from './connection.ws.ts';

export type DialerOptions = {
  /** `ws://host:port` of every known router, by service */
  readonly routers: { readonly [service in ServiceName]?: readonly string[] };
  /** the shared secret of the services */
  readonly credential: string;
  readonly ids: Ids;
};

const WITHIN = 3_000;
const FRAME = FEED_LIMITS.toEdge.value;

/** Dials any router of a service: a random one first, then the others. */
export const feedWsDialer = ({ routers, credential, ids }: DialerOptions): FeedDialer => ({
  dial: async (service) => {
    const urls = [...(routers[service] ?? [])];
    let failure: unknown;
    while (urls.length > 0) {
      const [url] = urls.splice(Math.floor(ids.random() * urls.length), 1);
      try {
        return await dialOne(`${url}/feed/${service}`, credential);
      } catch (error) {
        failure = error;
      }
    }
    throw new Error(`no router of ${service} can be reached`, { cause: failure });
  },
});

const dialOne = (url: string, credential: string): Promise<EdgeFeed> =>
  new Promise((resolve, reject) => {
    const ws = new WebSocket(url, {
      headers: { authorization: `Bearer ${credential}` },
      perMessageDeflate: false,
      maxPayload: FRAME,
      handshakeTimeout: WITHIN,
    });
    ws.once('error', reject);
    ws.once('open', () => {
      ws.off('error', reject);
      resolve(new WsFeed(ws));
    });
  });
