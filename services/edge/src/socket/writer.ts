import { CLOSE_CODES, type CloseReason, type ServerFrame } from '@clatter/contract';
import type { ClatterError } from '@clatter/kernel';
import type { EdgeRules } from '../rules.ts';
import type { EdgeSettings } from '../settings.ts';
import type { Session } from './session.ts';
import type { OutFrame } from './socket.ts';

export const frame = (content: ServerFrame): OutFrame => ({ text: JSON.stringify(content) });

/** An error that belongs to no command. */
export const errorFrame = ({ code, message, retry, after }: ClatterError): OutFrame =>
  frame({ type: 'error', code, message, retry, ...(after === undefined ? {} : { after }) });

/** Gathers what one turn produced for each socket and hands it on in one write (P7: bounded, or closed 4008). */
export class Writer {
  readonly #settings: EdgeSettings;
  readonly #rules: EdgeRules;
  readonly #close: (session: Session, reason: CloseReason) => void;
  readonly #slow: () => void;
  #waiting: Session[] = [];

  constructor(o: { settings: EdgeSettings; rules: EdgeRules; close: (session: Session, reason: CloseReason) => void; slow: () => void }) {
    this.#settings = o.settings;
    this.#rules = o.rules;
    this.#close = o.close;
    this.#slow = o.slow;
  }

  push(session: Session, out: OutFrame): void {
    if (session.closed || (session.doomed && this.#rules.resetMute !== false)) return;
    if (session.out.length === 0) {
      if (this.#waiting.length === 0) queueMicrotask(this.#flush);
      this.#waiting.push(session);
    }
    session.out.push(out);
    session.outBytes += out.text.length;
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const session of waiting) this.#write(session);
  };

  #write(session: Session): void {
    const { out, outBytes, socket } = session;
    session.out = [];
    session.outBytes = 0;
    if (session.closed) return;
    if (socket.buffered() + outBytes > this.#settings.slowBytes || out.length > this.#settings.slowFrames) {
      this.#slow();
      if (this.#rules.slowClose !== false) this.#close(session, 'slow_consumer');
      return;
    }
    socket.send(out);
  }
}

/** Closes a socket with a code of the contract. */
export const closeSocket = (session: Session, reason: CloseReason): void => session.socket.close(CLOSE_CODES[reason].code, reason);
