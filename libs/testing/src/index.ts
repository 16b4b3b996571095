export { type TrueConversation, Truth } from './checker/truth.ts';
export { Violation } from './checker/violation.ts';
export { type Asked, type Happened, type Outcome, type Scenario, scenario } from './decider/scenario.ts';
export { Random } from './random.ts';
export { type Closed, type RawSocket, type RawSocketOptions, rawSocket } from './socket/rawSocket.ws.ts';
export { forgeries } from './tokens.ts';
