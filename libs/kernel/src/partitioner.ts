/**
 * murmur2 as Kafka's Java client computes it (org.apache.kafka.common.utils.Utils.murmur2), over the UTF-8 bytes of the key.
 * Returns a signed 32-bit integer.
 */
export const murmur2 = (key: string): number => {
  const data = new TextEncoder().encode(key);
  const length = data.length;
  const m = 0x5bd1e995;
  let h = 0x9747b28c ^ length;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    let k = byte(data, i) | (byte(data, i + 1) << 8) | (byte(data, i + 2) << 16) | (byte(data, i + 3) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = length - whole;
  if (rest >= 3) h ^= byte(data, whole + 2) << 16;
  if (rest >= 2) h ^= byte(data, whole + 1) << 8;
  if (rest >= 1) {
    h ^= byte(data, whole);
    h = Math.imul(h, m);
  }
  h ^= h >>> 13;
  h = Math.imul(h, m);
  h ^= h >>> 15;
  return h | 0;
};

const byte = (data: Uint8Array, at: number): number => (data[at] as number) & 0xff;

/** The partition of a key, 0 … partitions − 1; the same that Kafka's default partitioner gives a keyed record. */
export const partitionOf = (key: string, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;
