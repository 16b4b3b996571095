export { type DialerOptions, feedWsDialer } from './dialer.ws.ts';
export { feedWsListener, type ListenerOptions } from './listener.ws.ts';
