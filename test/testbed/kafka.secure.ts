import { join } from 'node:path';
import { command } from './cache.ts';

const PASSWORD = 'of the test bed';

/** Who may come in by the secure listener. */
export const CREDENTIALS = { mechanism: 'scram-sha-512', username: 'clatter', password: 'correct horse' } as const;

/** What `kafka-storage format` must know, so that the first start has the user. */
export const SCRAM = ['--add-scram', `SCRAM-SHA-512=[name=${CREDENTIALS.username},password=${CREDENTIALS.password}]`];

export type Certificate = {
  readonly keystore: string;
  /** PEM: what a client must trust */
  readonly ca: string;
};

/** A certificate for this machine, signed by itself and good for two days. */
export const makeCertificate = async (folder: string): Promise<Certificate> => {
  const keystore = join(folder, 'broker.p12');
  const store = ['-alias', 'broker', '-keystore', keystore, '-storetype', 'PKCS12', '-storepass', PASSWORD];
  const about = ['-dname', 'CN=localhost', '-ext', 'san=ip:127.0.0.1,dns:localhost', '-ext', 'bc=ca:true', '-keyalg', 'EC', '-groupname', 'secp256r1'];
  await command('keytool', ['-genkeypair', ...store, ...about, '-validity', '2'], folder);
  return { keystore, ca: await command('keytool', ['-exportcert', '-rfc', ...store], folder) };
};

/** A broker's properties for the listener `SECURE`: TLS, SCRAM-SHA-512 and nothing else; who does not authenticate again within `lifetime` ms is cut off. */
export const secureProperties = ({ keystore }: Certificate, lifetime: number): Record<string, string | number> => {
  const listener = 'listener.name.secure';
  return {
    [`${listener}.ssl.keystore.type`]: 'PKCS12',
    [`${listener}.ssl.keystore.location`]: keystore,
    [`${listener}.ssl.keystore.password`]: PASSWORD,
    [`${listener}.ssl.key.password`]: PASSWORD,
    [`${listener}.sasl.enabled.mechanisms`]: 'SCRAM-SHA-512',
    [`${listener}.scram-sha-512.sasl.jaas.config`]: 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    [`${listener}.scram-sha-512.connections.max.reauth.ms`]: lifetime,
  };
};
