const PATTERN = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A W3C traceparent for a new hop: the trace of `parent` where it is one, else a new trace. Random numbers in [0, 1) come from the caller. */
export const nextHop = (parent: string | undefined, random: () => number): string => {
  const hex = (digits: number): string => {
    let text = '';
    while (text.length < digits)
      text += Math.floor(random() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, '0');
    return text.slice(0, digits);
  };
  const trace = parent ? PATTERN.exec(parent)?.[1] : undefined;
  return `00-${trace ?? hex(32)}-${hex(16)}-01`;
};

/** The trace that a traceparent belongs to. */
export const traceId = (parent: string | undefined): string | undefined => (parent && PATTERN.test(parent) ? parent.slice(3, 35) : undefined);
