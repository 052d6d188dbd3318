import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { LIMITS } from '../slack/limits.js';
import type { Acknowledged, BotLink, Delivery } from './bot-link.js';
import { isFields } from './validate-values.js';

/** Socket Mode: the bot connects to us, payloads go down in envelopes, acknowledgements come up by envelope id. */
export interface SocketServer {
  readonly link: BotLink;
  readonly attach: (server: Server) => void;
  /** A new address for one connection, as `apps.connections.open` gives it. */
  readonly open: (origin: string) => string;
  /** Ends the connections without a word. */
  readonly drop: () => void;
  readonly close: () => void;
}

const TYPES: Readonly<Record<Delivery['kind'], string>> = {
  command: 'slash_commands',
  interactive: 'interactive',
  options: 'interactive',
  event: 'events_api',
};

export function createSocketServer(newId: (prefix: string) => string): SocketServer {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const waiting = new Map<string, (body: unknown) => void>();
  const connections = new Set<WebSocket>();

  function greet(socket: WebSocket): void {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('message', (data) => {
      const message = parse(String(data));
      if (message === undefined) return;
      const id = String(message.envelope_id);
      waiting.get(id)?.(message.payload);
      waiting.delete(id);
    });
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: connections.size,
        debug_info: { host: 'workspace', approximate_connection_time: 3600 },
        connection_info: { app_id: 'A0NETCOST' },
      }),
    );
  }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const ticket = new URL(request.url ?? '/', 'ws://localhost').searchParams.get('ticket') ?? '';
    // A page of another site can open a web socket here, but it has no ticket.
    if (tickets.delete(ticket) && request.headers.origin === undefined)
      server.handleUpgrade(request, socket, head, greet);
    else socket.destroy();
  };

  const drop = () => {
    for (const socket of connections) socket.terminate();
  };

  return {
    attach: (http) => http.on('upgrade', upgrade),
    open: (origin) => {
      const ticket = newId('W');
      tickets.add(ticket);
      return `${origin.replace('http:', 'ws:')}/socket?ticket=${ticket}`;
    },
    drop,
    close: () => {
      drop();
      server.close();
    },
    link: {
      deliver: async (delivery): Promise<Acknowledged> => {
        const socket = [...connections].at(-1);
        if (socket === undefined) return { ok: false, reason: 'no_connection' };
        const id = newId('E');
        const envelope = {
          envelope_id: id,
          type: TYPES[delivery.kind],
          payload: delivery.payload,
          accepts_response_payload: delivery.kind !== 'event',
        };
        return new Promise((resolve) => {
          const timer = setTimeout(() => {
            waiting.delete(id);
            resolve({ ok: false, reason: 'operation_timeout' });
          }, LIMITS.ackMs);
          waiting.set(id, (body) => {
            clearTimeout(timer);
            resolve({ ok: true, body: typeof body === 'string' ? { text: body } : body });
          });
          socket.send(JSON.stringify(envelope));
        });
      },
    },
  };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
