import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { AUTH_COLLECTIONS } from '@clatter/contract';
import type { Clock, DocumentStore, Ids } from '@clatter/ports';
import type { Jwks } from '@clatter/runtime';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

export type KeysOptions = {
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  /** encrypts private keys at rest; empty: they lie in the store as they are */
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
  readonly rotateMs: number;
  readonly accessMs: number;
};

type KeyDoc = { readonly rev: number; readonly kid: string; readonly publicKey: JWK; readonly sealed: string; readonly createdAt: number };

const COLLECTION = AUTH_COLLECTIONS.keys.name;
const SETTLE = 60_000;
const OVERLAP = 86_400_000;

/**
 * Signing keys (EdDSA). A new one is made when the newest is older than `rotateMs`; it is published at once and signs a minute later,
 * so that every verifier knows it by then. Old ones stay published for a day.
 */
export class Keys {
  readonly #o: KeysOptions;

  constructor(options: KeysOptions) {
    this.#o = options;
  }

  /** Makes the first key, or the next one when it is time. */
  async ensure(): Promise<void> {
    const { clock, store, ids, rotateMs } = this.#o;
    const newest = (await this.#all())[0];
    if (newest && clock.now() - newest.createdAt < rotateMs) return;
    const { publicKey, privateKey } = await generateKeyPair('Ed25519', { extractable: true });
    const kid = ids.name();
    const doc: KeyDoc = {
      rev: 1,
      kid,
      publicKey: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' },
      sealed: this.#seal(JSON.stringify(await exportJWK(privateKey))),
      createdAt: clock.now(),
    };
    await store.put(COLLECTION, kid, { ...doc });
  }

  async jwks(): Promise<Jwks> {
    const { clock, rotateMs } = this.#o;
    const keys = (await this.#all()).filter((key, i) => i === 0 || clock.now() - key.createdAt < rotateMs + OVERLAP);
    return { keys: keys.map((key) => key.publicKey) };
  }

  /** A signed access token and when it ends (ms). */
  async sign(user: string, session: string): Promise<{ readonly token: string; readonly expires: number }> {
    const { clock, issuer, audience, accessMs } = this.#o;
    const keys = await this.#all();
    const key = keys.find((k) => clock.now() - k.createdAt >= SETTLE) ?? keys.at(-1);
    if (!key) throw new Error('there is no signing key');
    const seconds = Math.floor(clock.now() / 1_000);
    const until = seconds + Math.floor(accessMs / 1_000);
    const token = await new SignJWT({ sid: session })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid })
      .setSubject(user)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(seconds)
      .setExpirationTime(until)
      .sign(await importJWK(JSON.parse(this.#open(key.sealed)) as JWK, 'EdDSA'));
    return { token, expires: until * 1_000 };
  }

  /** Newest first. */
  async #all(): Promise<KeyDoc[]> {
    const found = await this.#o.store.scan(COLLECTION, undefined, 100);
    return found.map(({ doc }) => doc as unknown as KeyDoc).sort((a, b) => b.createdAt - a.createdAt || (a.kid < b.kid ? -1 : 1));
  }

  get #cipherKey(): Buffer {
    return createHash('sha256').update(this.#o.secret).digest();
  }

  #seal(plain: string): string {
    if (!this.#o.secret) return plain;
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#cipherKey, iv);
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return `v1.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
  }

  #open(sealed: string): string {
    if (!sealed.startsWith('v1.')) return sealed;
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', this.#cipherKey, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  }
}
