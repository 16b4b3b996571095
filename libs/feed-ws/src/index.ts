export { FEED_LIMITS } from './connection.ws.ts';
export { type DialerOptions, feedWsDialer } from './dialer.ws.ts';
export { feedWsListener, type ListenerOptions } from './listener.ws.ts';
