/** Slicing by eight: table k holds what a byte does to the sum when k more bytes follow it. */
const TABLES: readonly Int32Array[] = (() => {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
    (tables[0] as Int32Array)[byte] = sum;
  }
  for (let k = 1; k < 8; k++)
    for (let byte = 0; byte < 256; byte++) {
      const before = (tables[k - 1] as Int32Array)[byte] as number;
      (tables[k] as Int32Array)[byte] = (before >>> 8) ^ ((tables[0] as Int32Array)[before & 0xff] as number);
    }
  return tables;
})();
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as unknown as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

/** CRC-32C (Castagnoli) of `bytes` from `from` to `to`, as record batches carry it; `node:zlib` has only the other polynomial. */
export const crc32c = (bytes: Uint8Array, from = 0, to = bytes.length): number => {
  let sum = -1;
  let i = from;
  for (const eights = to - 7; i < eights; i += 8) {
    const low = sum ^ ((bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24));
    sum =
      (T7[low & 0xff] as number) ^
      (T6[(low >>> 8) & 0xff] as number) ^
      (T5[(low >>> 16) & 0xff] as number) ^
      (T4[low >>> 24] as number) ^
      (T3[bytes[i + 4] as number] as number) ^
      (T2[bytes[i + 5] as number] as number) ^
      (T1[bytes[i + 6] as number] as number) ^
      (T0[bytes[i + 7] as number] as number);
  }
  for (; i < to; i++) sum = (sum >>> 8) ^ (T0[(sum ^ (bytes[i] as number)) & 0xff] as number);
  return (sum ^ -1) >>> 0;
};
