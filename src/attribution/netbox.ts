import * as z from 'zod';
import { NetcostError } from '../errors.js';

/** Where a NetBox is and how it is asked. */
export interface NetboxAccess {
  /** The address that people use, a path included: `https://netbox.example.com`. */
  readonly url: string;
  /** `nbt_KEY.SECRET` (version 2) or 40 hex digits (version 1, gone with NetBox 5). Reading is enough. */
  readonly token: string;
  readonly signal?: AbortSignal | undefined;
  /** How long one page may take. Milliseconds. */
  readonly pageMs?: number;
}

/** A row of NetBox: what its API gives, unchanged. */
export type NetboxRow = Readonly<Record<string, unknown>>;

/** MAX_PAGE_SIZE of a NetBox that was not configured; a smaller one is followed. */
const PAGE_ROWS = 1000;
const PAGE_MS = 30_000;
/** A million rows: beyond it something turns in a circle. */
const MOST_PAGES = 1_000;
const TRIES = 3;

const Page = z.looseObject({ next: z.string().nullish(), results: z.array(z.record(z.string(), z.unknown())) });

/**
 * All rows of a list, page by page: `path` is `ipam/prefixes`. A page's `next` names the host as NetBox sees itself,
 * which behind a proxy is another than ours: only its query is taken, so that the token goes nowhere else.
 * @throws NetcostError 'upstream' in one line with what to do: not reached, refused, or no NetBox.
 */
export async function listNetbox(
  access: NetboxAccess,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<NetboxRow[]> {
  const list = new URL(`${access.url.replace(/\/+$/, '')}/api/${path}/`);
  const rows: NetboxRow[] = [];
  const asked = new Set<string>();
  let search = new URLSearchParams({ ...query, limit: String(PAGE_ROWS) }).toString();
  for (let pages = 0; pages < MOST_PAGES && !asked.has(search); pages += 1) {
    asked.add(search);
    list.search = search;
    const page = await getPage(access, list);
    for (const row of page.results) rows.push(row);
    if (!page.next) return rows;
    search = new URL(page.next, list).searchParams.toString();
  }
  throw new NetcostError('upstream', `NetBox gives no end to ${list.pathname}: page after page leads back.`);
}

async function getPage(access: NetboxAccess, url: URL): Promise<z.infer<typeof Page>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readPage(access, url);
    } catch (error) {
      access.signal?.throwIfAborted();
      if (!isPassing(error) || attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
    }
  }
}

/** Cause of an answer that may be another one in a moment. */
const BUSY = 'busy';

/** Also a kept connection that the other side closed as we used it, as gunicorn does after two seconds. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof NetcostError)) return false;
  return error.cause === BUSY || ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(reasonOf(error.cause));
}

async function readPage({ token, signal, pageMs = PAGE_MS }: NetboxAccess, url: URL): Promise<z.infer<typeof Page>> {
  const limit = AbortSignal.timeout(pageMs);
  const at = `NetBox at ${url.host}`;
  let response: Response;
  let body: string;
  try {
    response = await fetch(url, {
      headers: {
        // Version 2 tokens are the only ones that begin so.
        authorization: token.startsWith('nbt_') ? `Bearer ${token}` : `Token ${token}`,
        accept: 'application/json',
      },
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    body = await response.text();
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = limit.aborted ? `no answer within ${pageMs / 1000} s` : reasonOf(cause);
    throw new NetcostError('upstream', `${at} cannot be reached: ${reason}.`, {
      cause,
      hint: 'Check owners.netbox.url, and that NetBox runs.',
    });
  }
  if (response.status >= 300 && response.status < 400) {
    const target = response.headers.get('location') ?? 'elsewhere';
    throw new NetcostError('upstream', `${at} sends us to ${target.slice(0, 200)}.`, {
      hint: 'Put the address that it ends at into owners.netbox.url.',
    });
  }
  if (response.status === 429 || response.status >= 500) {
    throw new NetcostError('upstream', `${at} answered ${response.status}.`, { cause: BUSY });
  }
  if (response.status === 401 || response.status === 403) {
    throw new NetcostError('upstream', `${at} does not accept the token: ${detailOf(body)}.`, {
      hint: 'NETBOX_TOKEN holds nbt_KEY.SECRET (version 2) or 40 hex digits (version 1) of a user who may view prefixes, VRFs and tenants.',
    });
  }
  const page = Page.safeParse(response.ok ? parseJson(body) : undefined);
  if (page.success) return page.data;
  throw new NetcostError('upstream', `${at} answered ${response.status} with no list at ${url.pathname}.`, {
    cause: page.error,
    hint: 'owners.netbox.url is the address of NetBox itself, without /api.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What NetBox says of a refusal: `{"detail": "Invalid v1 token"}`. */
function detailOf(body: string): string {
  const { detail } = (parseJson(body) ?? {}) as { detail?: unknown };
  return typeof detail === 'string' ? detail.replace(/\s+/g, ' ').slice(0, 120).replace(/\.$/, '') : 'refused';
}

function reasonOf(cause: unknown): string {
  const inner = (cause as { cause?: { code?: unknown } } | undefined)?.cause;
  return typeof inner?.code === 'string' ? inner.code : String((cause as Error | undefined)?.message ?? cause);
}
