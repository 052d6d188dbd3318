import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a bucket does to those who ask it. `requests` counts what came, so that a fault can pass. */
export type Fault = (request: {
  readonly kind: 'list' | 'read';
  readonly key: string;
  readonly tries: number;
}) => 'well' | 'throttled' | 'denied' | 'expired' | 'silent' | 'stalls' | 'breaks' | 'nowhere' | 'elsewhere';

export interface FakeS3 {
  readonly url: string;
  /** Bucket → key → body. */
  readonly buckets: Map<string, Map<string, Buffer>>;
  readonly faults: Map<string, Fault>;
  readonly requests: string[];
  readonly stop: () => Promise<void>;
}

const MODIFIED = '2026-11-21T11:00:00.000Z';

/** S3 as far as listing and reading go, with faults by bucket. Path style. */
export async function startFakeS3(): Promise<FakeS3> {
  const buckets = new Map<string, Map<string, Buffer>>();
  const faults = new Map<string, Fault>();
  const requests: string[] = [];
  const tries = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, bucket = '', ...rest] = decodeURIComponent(url.pathname).split('/');
    const key = rest.join('/');
    const kind = url.searchParams.has('list-type') ? 'list' : 'read';
    requests.push(`${kind} ${bucket} ${key || url.searchParams.get('prefix')}`);
    const name = `${kind} ${bucket} ${key} ${url.searchParams}`;
    tries.set(name, (tries.get(name) ?? 0) + 1);
    const fault = faults.get(bucket)?.({ kind, key, tries: tries.get(name)! }) ?? 'well';
    const objects = buckets.get(bucket);
    if (fault === 'silent') return;
    if (fault === 'throttled') return refuse(response, 503, 'SlowDown');
    if (fault === 'denied') return refuse(response, 403, 'AccessDenied');
    if (fault === 'expired') return refuse(response, 400, 'ExpiredToken');
    if (fault === 'nowhere' || objects === undefined) return refuse(response, 404, 'NoSuchBucket');
    if (fault === 'elsewhere') return refuse(response, 301, 'PermanentRedirect');
    if (kind === 'list') return list(response, objects, url.searchParams);
    const body = objects.get(key);
    if (body === undefined) return refuse(response, 404, 'NoSuchKey');
    response.writeHead(200, { 'content-length': body.length });
    if (fault === 'stalls') response.write(body.subarray(0, 10));
    else if (fault === 'breaks') response.write(body.subarray(0, 10), () => response.destroy());
    else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    buckets,
    faults,
    requests,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function list(response: ServerResponse, objects: ReadonlyMap<string, Buffer>, query: URLSearchParams): void {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('start-after') ?? '';
  const delimiter = query.get('delimiter');
  const found = new Map<string, string>();
  for (const [key, body] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!key.startsWith(prefix) || key <= after) continue;
    const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
    const folder = key.slice(0, end + 1);
    if (end >= 0) found.set(folder, `<CommonPrefixes><Prefix>${folder}</Prefix></CommonPrefixes>`);
    else
      found.set(
        key,
        `<Contents><Key>${key}</Key><Size>${body.length}</Size><LastModified>${MODIFIED}</LastModified></Contents>`,
      );
  }
  const most = Number(query.get('max-keys') ?? 1000);
  const page = [...found.values()].slice(0, most);
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(`<ListBucketResult><IsTruncated>${found.size > most}</IsTruncated>${page.join('')}</ListBucketResult>`);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>said ${code}</Message></Error>`);
}
