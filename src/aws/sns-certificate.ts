import { request } from 'undici';

const MAX_BYTES = 16 * 1024;
const TIMEOUT_MS = 3_000;
const KEPT = 16;
const KEPT_MS = 24 * 3_600_000;

/**
 * Fetches certificates of SNS, each once a day. The URL was pinned by whoever asks (sns-envelope.ts); here it is made
 * sure that no redirect (undici follows none by itself), no long answer and no slow one is taken.
 */
export function createCertificateReader(
  elapsedMs: () => number,
  fetchText: (url: string) => Promise<string> = fetchCertificate,
): (url: string) => Promise<string> {
  const kept = new Map<string, { readonly text: string; readonly atMs: number }>();
  return async (url) => {
    const known = kept.get(url);
    if (known && elapsedMs() - known.atMs < KEPT_MS) return known.text;
    const text = await fetchText(url);
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT + 1))) kept.delete(oldest);
    kept.set(url, { text, atMs: elapsedMs() });
    return text;
  };
}

async function fetchCertificate(url: string): Promise<string> {
  const { statusCode, body } = await request(url, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  if (statusCode !== 200) {
    // Read off and thrown away: a stream that is destroyed fails where nobody listens.
    await body.dump({ limit: MAX_BYTES }).catch(() => {});
    throw new Error(`the certificate was answered with ${statusCode}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) throw new Error(`the certificate has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('latin1');
}
