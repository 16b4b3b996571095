import type { MessagesPage, MessagesQuery, Problem, SyncPage, SyncQuery } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import type { Transport } from './transport.ts';

const ANSWER_WITHIN = 15_000;

/** One request to a server. @throws {ClatterError} the problem's code; `unavailable` when the server can't be reached */
export const request = async <T>(url: string, options: { readonly method?: string; readonly body?: unknown; readonly token?: string } = {}): Promise<T> => {
  const headers: Record<string, string> = {
    ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
  };
  let response: Response;
  try {
    response = await fetch(url, {
      method: options.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(ANSWER_WITHIN),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch (cause) {
    throw new ClatterError('unavailable', `${new URL(url).origin} can not be reached.`, { cause });
  }
  if (response.status === 204) return undefined as T;
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body as T;
  const problem = body as Partial<Problem> | undefined;
  throw new ClatterError(
    problem?.code ?? (response.status >= 500 ? 'unavailable' : 'bad_request'),
    problem?.detail ?? response.statusText,
    problem?.after === undefined ? {} : { after: problem.after },
  );
};

const queryOf = (query: object): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(Object.fromEntries(given.map(([key, value]) => [key, String(value)])))}`;
};

/** WebSocket and fetch, as browsers and Node have them. `base` = `http(s)://host[:port]`. */
export const webTransport = (base: string, token: () => Promise<string>): Transport => ({
  connect: (handlers) => {
    const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/v1/ws`, 'clatter.v1');
    let closed = false;
    const end = (code: number, reason: string): void => {
      if (closed) return;
      closed = true;
      handlers.closed(code, reason);
    };
    socket.onopen = () => handlers.open();
    socket.onmessage = (event) => handlers.message(String(event.data));
    socket.onclose = (event) => end(event.code, event.reason);
    socket.onerror = () => end(1006, 'the connection failed');
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: () => socket.close(),
    };
  },
  sync: async (query: SyncQuery) => request<SyncPage>(`${base}/v1/sync${queryOf(query)}`, { token: await token() }),
  messages: async (conversation: string, query: MessagesQuery) =>
    request<MessagesPage>(`${base}/v1/conversations/${conversation}/messages${queryOf(query)}`, { token: await token() }),
});
