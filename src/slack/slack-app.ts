import { App, type AppOptions, type CustomRoute, HTTPReceiver, SocketModeReceiver } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { NetcostError } from '../errors.js';
import { HOUR_MS } from '../units.js';
import { createAccess } from './access.js';
import type { Desk } from './answer-call.js';
import { boltLogger } from './bolt-logger.js';
import { createDirectory } from './directory.js';
import { excuseInterrupted } from './interrupted.js';
import { faultLine } from './lines.js';
import { listenToMessages } from './listeners/messages.js';
import { listenToCommand } from './listeners/netcost-command.js';
import { listenToPresses } from './listeners/presses.js';
import { listenToSubscribe } from './listeners/subscribe.js';
import { listenToViews } from './listeners/views.js';
import { createProgressTurns } from './live-line.js';
import { postResponse } from './response-url.js';
import { createRuns } from './runs.js';
import { createSeen } from './seen.js';
import { CLIENT_OPTIONS } from './slack-client.js';
import type { SlackDeps } from './slack-deps.js';

/** How Slack reaches us: HTTP needs a public address and a signing secret, Socket Mode an app-level token. */
type Transport =
  | { readonly mode: 'http'; readonly signingSecret: string; readonly port: number; readonly host?: string }
  | { readonly mode: 'socket'; readonly appToken: string; readonly port?: number };

export interface SlackOptions {
  readonly transport: Transport;
  readonly botToken: string;
  /** Another Web API than Slack's, with the slash at its end: the local workspace. */
  readonly apiUrl?: string;
  /** More routes on our port: /healthz, /metrics, alerts. */
  readonly routes?: readonly CustomRoute[];
}

export interface SlackApp {
  readonly client: WebClient;
  /** Resolves to the port that is listened on; undefined in Socket Mode without one. */
  readonly start: () => Promise<number | undefined>;
  /** Stops taking work, waits for questions in flight up to `graceMs`, then cancels them. */
  readonly stop: (graceMs?: number) => Promise<void>;
  readonly inFlight: () => number;
  /** Socket Mode: the connection stands. Over HTTP always true: Slack calls us. */
  readonly isConnected: () => boolean;
}

/** How long the end of what was cancelled is waited for. */
const STOP_MS = 5_000;

/** The Slack app with all its listeners, the same on both transports. Constructing it does nothing yet. */
export function createSlackApp(options: SlackOptions, deps: SlackDeps): SlackApp {
  const logger = boltLogger(deps.log);
  const clientOptions =
    options.apiUrl === undefined ? CLIENT_OPTIONS : { ...CLIENT_OPTIONS, slackApiUrl: options.apiUrl };
  const receiver = createReceiver(options, logger, clientOptions);
  let isConnected = options.transport.mode === 'http';
  if (receiver instanceof SocketModeReceiver) {
    receiver.client.on('connected', () => {
      isConnected = true;
    });
    for (const event of ['close', 'disconnected', 'reconnecting', 'disconnecting']) {
      receiver.client.on(event, () => {
        isConnected = false;
      });
    }
  }
  const app = new App({
    token: options.botToken,
    receiver,
    logger,
    clientOptions,
    extendedErrorHandler: true,
    tokenVerificationEnabled: false,
  });
  const desk: Desk = {
    deps,
    access: createAccess(deps.access, createDirectory(app.client, deps.now)),
    runs: createRuns(deps.newId),
    progressTurn: createProgressTurns(),
    untold: new Set(),
    accepted: createSeen(deps.now, HOUR_MS),
  };
  app.error(async (failure: Failure) => answerFailure(desk, failure));
  listenToCommand(app, desk);
  listenToPresses(app, desk);
  listenToViews(app, desk);
  listenToSubscribe(app, desk);
  listenToMessages(app, desk);
  return {
    client: app.client,
    start: async () => {
      const port = await start(app, options.transport);
      if (deps.book !== undefined) await excuseInterrupted(app.client, deps.book, deps.now(), deps.log);
      return port;
    },
    isConnected: () => isConnected,
    stop: async (graceMs = 5_000) => {
      await waitUntil(() => desk.runs.count() === 0, graceMs);
      desk.runs.cancelAll();
      // What AWS is working on has to be told to stop, and what that cost to be written down and said.
      await waitUntil(() => desk.runs.count() === 0 && desk.untold.size === 0, STOP_MS);
      await app.stop();
    },
    inFlight: () => desk.runs.count(),
  };
}

function createReceiver(
  options: SlackOptions,
  logger: ReturnType<typeof boltLogger>,
  clientOptions: AppOptions['clientOptions'],
): HTTPReceiver | SocketModeReceiver {
  const { transport } = options;
  const customRoutes = [...(options.routes ?? [])];
  if (transport.mode === 'http')
    return new HTTPReceiver({ signingSecret: transport.signingSecret, logger, customRoutes });
  return new SocketModeReceiver({
    appToken: transport.appToken,
    logger,
    customRoutes,
    installerOptions: {
      clientOptions: clientOptions ?? {},
      ...(transport.port === undefined ? {} : { port: transport.port }),
    },
  });
}

async function start(app: App, transport: Transport): Promise<number | undefined> {
  if (transport.mode === 'socket') {
    await app.start();
    return transport.port;
  }
  const server: unknown = await app.start({
    port: transport.port,
    host: transport.host ?? '0.0.0.0',
  } as unknown as number);
  return portOf(server);
}

function portOf(server: unknown): number {
  if (typeof server === 'object' && server !== null && 'address' in server && typeof server.address === 'function') {
    const address: unknown = server.address();
    if (typeof address === 'object' && address !== null && 'port' in address && typeof address.port === 'number')
      return address.port;
  }
  throw new NetcostError('internal', 'The HTTP server does not say its port.');
}

/** What Bolt hands its error handler, as far as we read it. */
interface Failure {
  readonly error: Error;
  readonly body: object;
}

/** A listener threw: the person must not be left in silence. Here only faults of ours arrive, after the ack or before it. */
async function answerFailure(desk: Desk, failure: Failure): Promise<void> {
  const reference = desk.deps.newId();
  desk.deps.log.error('a listener failed', { reference, error: failure.error });
  const url = 'response_url' in failure.body ? failure.body.response_url : undefined;
  if (typeof url !== 'string' || url === '') return;
  await postResponse(url, faultLine(reference), { replace: false, type: 'ephemeral' });
}

async function waitUntil(isDone: () => boolean, graceMs: number): Promise<void> {
  for (let waited = 0; !isDone() && waited < graceMs; waited += 50)
    await new Promise((resolve) => setTimeout(resolve, 50));
}
