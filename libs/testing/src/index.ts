export { type TrueConversation, Truth } from './checker/truth.ts';
export { Violation } from './checker/violation.ts';
export { Random } from './random.ts';
export { type Closed, type RawSocket, type RawSocketOptions, rawSocket } from './socket/rawSocket.ws.ts';
