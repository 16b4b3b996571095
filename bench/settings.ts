type Environment = Readonly<Record<string, string | undefined>>;

/** Addresses, ports and folders: the bench chooses them for each process itself, so that a caller's own can't come in between. */
const OURS = /^CLATTER_(HOST|PORT|FEED_PORT|ADMIN_PORT|FEED_CREDENTIAL|DATA|JWKS_URL|APIS|(MESSAGING|PRESENCE|AUTH)_ROUTERS)$/;
const SECRET = /PASSWORD|SECRET|CREDENTIAL|TOKEN|KEY/;

/** What the caller set for Clatter: every server under measurement gets it, before what the bench would have set. */
export const callersSettings = (env: Environment): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(env)
      .filter((pair): pair is [string, string] => pair[0].startsWith('CLATTER_') && pair[1] !== undefined && !OURS.test(pair[0]))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** As it stands in each row, so that a row says what it was measured with; '' for none. Secrets are not shown. */
export const settingsText = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${SECRET.test(name) ? '…' : value}`)
    .join(' ');
