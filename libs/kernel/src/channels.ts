/** Names of the channels that records are addressed to (design §5). None contains a space. */
export const channel = {
  conversation: (id: string): string => `conversation/${id}`,
  user: (id: string): string => `user/${id}`,
  presence: (id: string): string => `presence/${id}`,
  edge: (instance: string): string => `edge/${instance}`,
};

export const joinChannels = (channels: readonly string[]): string => channels.join(' ');
export const splitChannels = (header: string | undefined): string[] => (header ? header.split(' ') : []);
