import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { NetcostError } from '../errors.js';
import { type Acts, createActs } from './acts.js';
import { type BotLink, httpLink } from './bot-link.js';
import { type Cast, DEMO_CAST } from './cast.js';
import { createFaults, type Faults } from './faults.js';
import { receiveUpload } from './file-upload.js';
import { parseArguments, parseJson, parseUpload, readBody, sendJson, sendText } from './http.js';
import { type Alerts, type Completions, servePage } from './page-routes.js';
import { createRateLimit } from './rate-limit.js';
import { useResponseUrl } from './response-urls.js';
import { createRoom, type Room } from './room.js';
import { createSocketServer } from './socket-server.js';
import { callMethod } from './web-api.js';

export interface WorkspaceOptions {
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly now: () => number;
  readonly transport: 'http' | 'socket';
  /** Of the page; 0 takes a free one. */
  readonly port: number;
  readonly scopes: readonly string[];
  readonly completions?: Completions;
  readonly examples?: readonly string[];
  /** Makes it tomorrow morning; without it the page has no button for that. */
  readonly tomorrow?: (() => Promise<void>) | undefined;
  /** Alerts that a button of the page sets off. */
  readonly alerts?: Alerts | undefined;
  readonly cast?: Cast;
}

export interface Workspace {
  readonly room: Room;
  readonly acts: Acts;
  readonly faults: Faults;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** For the bot's WebClient. */
  readonly apiUrl: string;
  /** Tells where the bot listens, for signed HTTP. */
  readonly connectBot: (url: string) => void;
  /** Every call of the Web API so far: the method and its arguments. */
  readonly calls: readonly { readonly method: string; readonly input: Readonly<Record<string, unknown>> }[];
  /** Breaks the bot's web sockets, as Slack does now and then; the bot has to come back by itself. */
  readonly dropSockets: () => void;
  readonly stop: () => Promise<void>;
}

const MAX_CALLS = 1_000;

/** Starts the stand-in for Slack on the loopback address: Web API, response URLs, files, Socket Mode, and the page. */
export async function startWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const room = createRoom(options.cast ?? DEMO_CAST, options.now);
  const faults = createFaults();
  const limit = createRateLimit(options.now);
  const calls: { method: string; input: Readonly<Record<string, unknown>> }[] = [];
  let botUrl = '';
  let origin = '';
  const sockets = createSocketServer(room.newId);
  const link: BotLink =
    options.transport === 'socket'
      ? sockets.link
      : httpLink({ url: () => botUrl, signingSecret: options.signingSecret, now: options.now });
  const acts = createActs(room, link, () => origin);
  const page = {
    room,
    acts,
    completions: options.completions ?? { verbs: [], keys: [] },
    examples: options.examples ?? [],
    tomorrow: options.tomorrow,
    alerts: options.alerts,
  };

  async function api(request: IncomingMessage, response: ServerResponse, method: string): Promise<void> {
    const body = await readBody(request);
    const input = parseArguments(body, request.headers['content-type'] ?? '');
    calls.push({ method, input });
    if (calls.length > MAX_CALLS) calls.shift();
    const fault = faults.take(method);
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'status')
      return sendText(
        response,
        fault.status,
        'upstream trouble',
        undefined,
        fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) },
      );
    if (fault?.kind === 'error')
      return sendJson(response, 200, {
        ok: false,
        error: fault.error,
        response_metadata: { messages: fault.messages ?? [] },
      });
    const wanted = method === 'apps.connections.open' ? options.appToken : options.botToken;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? input.token;
    if (method !== 'blocks.validate' && token !== wanted)
      return sendJson(response, 200, { ok: false, error: token === undefined ? 'not_authed' : 'invalid_auth' });
    const waitSeconds = limit(method, String(input.channel ?? ''));
    if (waitSeconds > 0)
      return sendJson(response, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(waitSeconds) });
    const context = { room, origin, socketUrl: () => sockets.open(origin) };
    const pause = () => new Promise((resolve) => setTimeout(resolve, fault?.kind === 'slow' ? fault.ms : 0));
    if (fault?.kind === 'slow') await pause();
    const answer = callMethod(context, method, input, options.scopes);
    if (fault?.kind === 'slow') await pause();
    if (fault?.kind === 'lost') return void response.destroy();
    sendJson(response, 200, answer, {
      'x-oauth-scopes': options.scopes.join(','),
    });
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const path = url.pathname;
    if (!isOurHost(request, origin)) return sendText(response, 403, 'This workspace answers its own address only.');
    if (path.startsWith('/api/')) return api(request, response, path.slice('/api/'.length));
    if (path.startsWith('/response/')) {
      const fault = faults.take('response_url');
      if (fault?.kind === 'hang') return;
      if (fault?.kind === 'status') return sendText(response, fault.status, 'upstream trouble');
      if (fault?.kind === 'error') return sendText(response, 400, fault.error);
      const answer = useResponseUrl(room, path.slice('/response/'.length), parseJson(await readBody(request)));
      return sendText(response, answer.status, answer.body);
    }
    if (path.startsWith('/upload/')) {
      const bytes = await parseUpload(await readBody(request), request.headers['content-type'] ?? '');
      return sendText(response, receiveUpload(room, path.slice('/upload/'.length), bytes) ? 200 : 404, 'OK');
    }
    if (!isOurPage(request, origin)) return sendText(response, 403, 'Requests from other pages are refused.');
    if (!(await servePage(page, request, response, url))) sendText(response, 404, 'There is nothing here.');
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => {
      if (!response.headersSent) sendText(response, 500, 'The workspace failed.');
      else response.end();
    });
  });
  sockets.attach(server);
  origin = `http://127.0.0.1:${await listen(server, options.port)}`;
  return {
    room,
    acts,
    faults,
    origin,
    apiUrl: `${origin}/api/`,
    connectBot: (url) => {
      botUrl = url;
    },
    calls,
    dropSockets: sockets.drop,
    stop: async () => {
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A page of another name that resolves to 127.0.0.1 must not reach the workspace: the Host header has to be ours. */
function isOurHost(request: IncomingMessage, origin: string): boolean {
  const { port } = new URL(origin);
  return [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(request.headers.host ?? '');
}

/** A browser says where a request comes from; another site's page may neither read nor press anything here. */
function isOurPage(request: IncomingMessage, origin: string): boolean {
  const { port } = new URL(origin);
  const from = request.headers.origin;
  const site = request.headers['sec-fetch-site'];
  if (from !== undefined && from !== `http://127.0.0.1:${port}` && from !== `http://localhost:${port}`) return false;
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate';
  return request.method === 'GET' || request.headers['x-workspace'] === '1';
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE';
      reject(
        new NetcostError(
          'config',
          taken ? `Port ${port} is taken by another program.` : `Port ${port} cannot be opened.`,
          { cause, hint: 'Choose another one with --port N.' },
        ),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new NetcostError('internal', 'The workspace does not know its port.');
  return address.port;
}
