import type { IncomingMessage, ServerResponse } from 'node:http';
import { NetcostError } from '../errors.js';
import { type Fields, isFields } from './validate-values.js';

const MAX_BODY = 8 * 1024 * 1024;

/** The whole body of a request, at most 8 MiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > MAX_BODY) throw new NetcostError('input', 'The request is larger than 8 MiB.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** A JSON object from a body; an empty one where the body is none. */
export function parseJson(body: Buffer): Fields {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}

/** The arguments of a Web API call: JSON, or a form whose structured values are JSON texts. */
export function parseArguments(body: Buffer, contentType: string): Fields {
  if (contentType.startsWith('application/json')) return parseJson(body);
  const input: Record<string, unknown> = {};
  for (const [key, value] of new URLSearchParams(body.toString('utf8'))) {
    input[key] = ['blocks', 'view', 'files', 'metadata', 'attachments'].includes(key) ? parseValue(value) : value;
  }
  return input;
}

/** The bytes of an upload: raw, or the first file of a multipart form. */
export async function parseUpload(body: Buffer, contentType: string): Promise<Buffer> {
  if (!contentType.startsWith('multipart/form-data')) return body;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  for (const value of form.values()) {
    return typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(await value.arrayBuffer());
  }
  return Buffer.alloc(0);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(JSON.stringify(value));
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(text);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
