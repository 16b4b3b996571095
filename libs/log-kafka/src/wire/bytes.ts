const HIGH = 4_294_967_296;

/** Bytes that are written one after the other, big-endian; they grow where the guess was too small. */
export class Writer {
  #bytes: Buffer;
  at = 0;

  constructor(guess: number) {
    this.#bytes = Buffer.allocUnsafe(guess);
  }

  get written(): Buffer {
    return this.#bytes.subarray(0, this.at);
  }

  #room(more: number): Buffer {
    if (this.at + more > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.at + more, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.at);
      this.#bytes = larger;
    }
    return this.#bytes;
  }

  int8(value: number): void {
    this.#room(1)[this.at++] = value & 0xff;
  }
  int16(value: number): void {
    const bytes = this.#room(2);
    bytes[this.at++] = (value >> 8) & 0xff;
    bytes[this.at++] = value & 0xff;
  }
  int32(value: number): void {
    this.int32At(this.#skip(4), value);
  }
  /** Overwrites what stands at `at`: lengths and sums are known last. */
  int32At(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = (value >> 24) & 0xff;
    bytes[at + 1] = (value >> 16) & 0xff;
    bytes[at + 2] = (value >> 8) & 0xff;
    bytes[at + 3] = value & 0xff;
  }
  /** `value`: a safe integer */
  int64(value: number): void {
    this.int32(Math.floor(value / HIGH));
    this.int32(value >>> 0);
  }
  /** zigzag; `value`: 31 bits */
  varint(value: number): void {
    const bytes = this.#room(5);
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    for (; rest > 0x7f; rest >>>= 7) bytes[this.at++] = (rest & 0x7f) | 0x80;
    bytes[this.at++] = rest;
  }
  string(text: string | null): void {
    if (text === null) return this.int16(-1);
    const size = Buffer.byteLength(text);
    this.int16(size);
    this.text(text, size);
  }
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length).set(bytes, this.at);
    this.at += bytes.length;
  }
  /** The text alone; `size`: its bytes. */
  text(text: string, size: number): void {
    if (size > 0) this.#room(size).write(text, this.at, size);
    this.at += size;
  }

  #skip(size: number): number {
    this.#room(size);
    this.at += size;
    return this.at - size;
  }
}

/** How many bytes a varint of a size (0 or more) takes. */
export const varintSize = (value: number): number => {
  let rest = (value << 1) >>> 0;
  let size = 1;
  for (; rest > 0x7f; rest >>>= 7) size++;
  return size;
};

/** Reads big-endian values one after the other. Every method throws {RangeError} at the end of the bytes: what was cut is never believed. */
export class Reader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  int8(): number {
    return this.bytes.readInt8(this.at++);
  }
  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }
  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }
  /** @throws {RangeError} where the number is none that JavaScript holds exactly */
  int64(): number {
    this.at += 8;
    const value = this.bytes.readInt32BE(this.at - 8) * HIGH + this.bytes.readUInt32BE(this.at - 4);
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is larger than any offset or time`);
    return value;
  }
  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  }
  /** A varlong is passed over: append times are those of the batch. */
  skipVarint(): void {
    while (this.#byte() >= 0x80);
  }
  skip(size: number): void {
    if (size < 0 || this.at + size > this.bytes.length) throw new RangeError(`${size} bytes are not there`);
    this.at += size;
  }
  string(): string {
    return this.text(this.int16());
  }
  /** '' for a negative size: null and '' are the same to us. */
  text(size: number): string {
    if (size <= 0) return '';
    this.skip(size);
    return this.bytes.toString('utf8', this.at - size, this.at);
  }

  #byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError('the bytes end in a number');
    return byte;
  }
}
