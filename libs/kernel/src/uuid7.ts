/** ms since the epoch that a UUIDv7 carries in its first 48 bits (RFC 9562 §5.7). */
export const timeOfUuid7 = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** Lower-case hex text compares as the bytes do. */
export const compareRefs = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * A UUIDv7 from a time in ms, a 12-bit counter and 62 random bits given as two numbers in [0, 1).
 * Strictly increasing as bytes while (time, counter) is.
 */
export const makeUuid7 = (ms: number, counter: number, randomA: number, randomB: number): string => {
  const time = ms.toString(16).padStart(12, '0');
  const count = (counter & 0xfff).toString(16).padStart(3, '0');
  const a = (0x8000 | Math.floor(randomA * 0x4000)).toString(16);
  const b = Math.floor(randomB * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${a}-${b}`;
};

/** The state a device keeps to make strictly increasing refs across restarts and clock corrections. */
export type RefState = { readonly ms: number; readonly counter: number };

/** The next ref after `last`: never smaller, even where the clock went back. */
export const nextRef = (last: RefState | undefined, now: number): RefState => {
  if (!last || now > last.ms) return { ms: now, counter: 0 };
  return last.counter < 0xfff ? { ms: last.ms, counter: last.counter + 1 } : { ms: last.ms + 1, counter: 0 };
};
