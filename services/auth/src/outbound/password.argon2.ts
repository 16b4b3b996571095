import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { ClatterError } from '@clatter/kernel';

/** Memory in KiB; `waiting`: hashes made or waited for at once. */
export type Argon2 = { readonly memory: number; readonly passes: number; readonly waiting: number };

export interface Passwords {
  /** The hash with its salt and parameters. @throws {ClatterError} unavailable */
  hash(password: string): Promise<string>;
  /** Whether the password fits, and whether its hash was made with other parameters. @throws {ClatterError} unavailable */
  verify(password: string, hash: string): Promise<{ readonly fits: boolean; readonly outdated: boolean }>;
}

type Cost = Pick<Argon2, 'memory' | 'passes'>;

const derive = (password: string, nonce: Buffer, { memory, passes }: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    argon2('argon2id', { message: password, nonce, memory, passes, parallelism: 1, tagLength: 32 }, (error, tag) => (error ? reject(error) : resolve(tag))),
  );

/** argon2id in the thread pool. Each takes its memory and much time: more than `waiting` at once are refused (P7). */
export const argon2Passwords = ({ waiting, ...cost }: Argon2): Passwords => {
  let here = 0;
  const bounded = async (password: string, nonce: Buffer, used: Cost): Promise<Buffer> => {
    if (here >= waiting) throw new ClatterError('unavailable', 'Too many passwords are being checked.', { after: 1_000 });
    here++;
    try {
      return await derive(password, nonce, used);
    } finally {
      here--;
    }
  };
  return {
    hash: async (password) => {
      const nonce = randomBytes(16);
      const tag = await bounded(password, nonce, cost);
      return `argon2id$${cost.memory}$${cost.passes}$${nonce.toString('base64url')}$${tag.toString('base64url')}`;
    },
    verify: async (password, hash) => {
      const [kind, memory, passes, nonce, tag] = hash.split('$');
      if (kind !== 'argon2id' || !nonce || !tag) return { fits: false, outdated: true };
      const used = { memory: Number(memory), passes: Number(passes) };
      const derived = await bounded(password, Buffer.from(nonce, 'base64url'), used);
      return { fits: timingSafeEqual(derived, Buffer.from(tag, 'base64url')), outdated: used.memory !== cost.memory || used.passes !== cost.passes };
    },
  };
};
