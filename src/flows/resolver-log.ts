/** One name that a client resolved, and the addresses that it was told. */
export interface ResolvedName {
  readonly client: string;
  /** Lower case, without the dot at the end. */
  readonly domain: string;
  readonly addresses: readonly string[];
  readonly atMs: number;
}

/**
 * Reads one line of a Route 53 Resolver query log: JSON with query_name, srcaddr, query_timestamp and answers of Rdata
 * and Type (AWS, "Values that appear in Resolver query logs"). Names behind a CNAME are told under the name that was
 * asked. Undefined where the line is none, or was answered with no address.
 */
export function readResolverLine(line: string): ResolvedName | undefined {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { query_name: name, srcaddr, query_timestamp: at, answers } = (row ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof srcaddr !== 'string' || !Array.isArray(answers)) return undefined;
  const domain = name.replace(/\.$/, '').toLowerCase();
  const addresses = answers.flatMap((answer: unknown) => {
    const { Rdata, Type } = (answer ?? {}) as { Rdata?: unknown; Type?: unknown };
    return typeof Rdata === 'string' && (Type === 'A' || Type === 'AAAA') ? [Rdata] : [];
  });
  const atMs = Date.parse(String(at));
  if (domain === '' || domain.length > 253 || addresses.length === 0 || Number.isNaN(atMs)) return undefined;
  return { client: srcaddr, domain, addresses, atMs };
}
