import { Writer } from './bytes.ts';

/** A request of Kafka's protocol: which one, in which version, and its name for messages. */
export type Api = { readonly apiKey: number; readonly version: number; readonly apiName: string };

/** A request as it stands on the wire: size, api, version, correlation, client, body (request header v1). `guess`: bytes of the body. */
export const frameOf = ({ apiKey, version }: Api, correlation: number, clientId: string, guess: number, body: (to: Writer) => void): Buffer => {
  const to = new Writer(guess + clientId.length + 64);
  to.int32(0);
  to.int16(apiKey);
  to.int16(version);
  to.int32(correlation);
  to.string(clientId);
  body(to);
  to.int32At(0, to.at - 4);
  return to.written;
};

const SIZE = 4;

/** Cuts what a socket brings into answers: each is its size and so many bytes. An answer may come in pieces, and several in one. */
export class Frames {
  readonly #most: number;
  #chunks: Buffer[] = [];
  #held = 0;
  /** bytes that must be held before another frame can be whole */
  #needed = SIZE;

  /** `most`: bytes of the largest frame that is believed. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Returns the frames that are whole now, without their size. @throws {RangeError} at a size that no answer has */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const whole: Buffer[] = [];
    while (this.#held >= this.#needed) {
      const bytes = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : (this.#chunks[0] as Buffer);
      const size = bytes.readInt32BE(0);
      if (size < SIZE || size > this.#most) throw new RangeError(`an answer of ${size} bytes`);
      const end = SIZE + size;
      if (bytes.length < end) {
        this.#chunks = [bytes];
        this.#needed = end;
        break;
      }
      whole.push(bytes.subarray(SIZE, end));
      this.#chunks = [bytes.subarray(end)];
      this.#held = bytes.length - end;
      this.#needed = SIZE;
    }
    return whole;
  }
}
