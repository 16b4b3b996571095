import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

export type Argon2 = { readonly memory: number; readonly passes: number };

const derive = (password: string, nonce: Buffer, { memory, passes }: Argon2): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    argon2('argon2id', { message: password, nonce, memory, passes, parallelism: 1, tagLength: 32 }, (error, tag) => (error ? reject(error) : resolve(tag))),
  );

const text = (o: Argon2, nonce: Buffer, tag: Buffer): string => `argon2id$${o.memory}$${o.passes}$${nonce.toString('base64url')}$${tag.toString('base64url')}`;

/** The hash with its salt and parameters; memory in KiB. */
export const hashPassword = async (password: string, options: Argon2): Promise<string> => {
  const nonce = randomBytes(16);
  return text(options, nonce, await derive(password, nonce, options));
};

/** Whether the password fits, and whether its hash was made with other parameters than `options`. */
export const verifyPassword = async (password: string, hash: string, options: Argon2): Promise<{ readonly fits: boolean; readonly outdated: boolean }> => {
  const [kind, memory, passes, nonce, tag] = hash.split('$');
  if (kind !== 'argon2id' || !nonce || !tag) return { fits: false, outdated: true };
  const used = { memory: Number(memory), passes: Number(passes) };
  const derived = await derive(password, Buffer.from(nonce, 'base64url'), used);
  return { fits: timingSafeEqual(derived, Buffer.from(tag, 'base64url')), outdated: used.memory !== options.memory || used.passes !== options.passes };
};
