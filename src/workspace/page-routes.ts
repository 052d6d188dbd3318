import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeError, NetcostError } from '../errors.js';
import { type Acts, isShown } from './acts.js';
import type { WorkspaceUser } from './cast.js';
import { parseJson, readBody, sendJson, sendText } from './http.js';
import { LOGO, renderHome, renderMessage, renderView } from './render-message.js';
import type { Room, RoomEvent, RoomMessage } from './room.js';
import { type Fields, isFields } from './validate-values.js';
import { stackOf } from './views.js';

/** What the page completes after `/netcost`. */
export interface Completions {
  readonly verbs: readonly { readonly word: string; readonly says: string }[];
  readonly keys: readonly { readonly word: string; readonly says: string; readonly values: readonly string[] }[];
}

/** Alerts that may be made to arrive, each a button. */
export interface Alerts {
  readonly choices: readonly { readonly id: string; readonly label: string }[];
  /** Sets one off; resolves to the channel where its thread begins. Throws NetcostError('input') for one that is not there. */
  readonly arrive: (id: string) => Promise<string>;
}

export interface PageOptions {
  readonly room: Room;
  readonly acts: Acts;
  readonly completions: Completions;
  /** Lines to try, shown above the composer. */
  readonly examples: readonly string[];
  /** Makes it tomorrow morning; undefined where time passes by itself alone. */
  readonly tomorrow: (() => Promise<void>) | undefined;
  readonly alerts?: Alerts | undefined;
}

const ASSETS: Readonly<Record<string, readonly [string, string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/blocks.css': ['blocks.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/complete.js': ['complete.js', 'text/javascript; charset=utf-8'],
  '/window.js': ['window.js', 'text/javascript; charset=utf-8'],
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' https: data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** The page and what it asks for. Returns false for a path that is none of the page's. */
export async function servePage(
  options: PageOptions,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  const asset = ASSETS[url.pathname];
  if (request.method === 'GET' && asset !== undefined) {
    const text = readFileSync(new URL(`./page/${asset[0]}`, import.meta.url), 'utf8').replace('<!--LOGO-->', LOGO);
    sendText(response, 200, text, asset[1], { 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer' });
    return true;
  }
  if (url.pathname.startsWith('/file/')) return serveFile(options.room, response, url.pathname.slice('/file/'.length));
  if (!url.pathname.startsWith('/client/')) return false;
  const name = url.pathname.slice('/client/'.length);
  if (request.method === 'GET') return serveRead(options, request, response, url, name);
  try {
    sendJson(response, 200, { ok: true, ...(await act(options, name, parseJson(await readBody(request)))) });
  } catch (error) {
    sendJson(response, error instanceof NetcostError && error.code === 'denied' ? 403 : 400, {
      ok: false,
      error: describeError(error),
    });
  }
  return true;
}

function serveFile(room: Room, response: ServerResponse, id: string): boolean {
  const file = room.files.get(id);
  if (file === undefined) sendText(response, 404, 'There is no such file.');
  else {
    const isText = /\.(?:csv|tf|txt)$/.test(file.name);
    response.writeHead(200, {
      'content-type': isText ? 'text/plain; charset=utf-8' : 'application/octet-stream',
      'content-disposition': `attachment; filename="${file.name.replace(/[^\w.-]/g, '_')}"`,
      'x-content-type-options': 'nosniff',
    });
    response.end(file.bytes);
  }
  return true;
}

function serveRead(
  options: PageOptions,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  name: string,
): boolean {
  const { room } = options;
  const userId = url.searchParams.get('user') ?? '';
  if (name === 'start') sendJson(response, 200, start(options, userId));
  else if (name === 'messages')
    sendJson(response, 200, {
      messages: messages(
        room,
        userId,
        url.searchParams.get('channel') ?? '',
        url.searchParams.get('thread') ?? undefined,
      ),
    });
  else if (name === 'window') sendJson(response, 200, { html: topWindow(room, userId) });
  else if (name === 'home') sendJson(response, 200, { html: home(room, userId) });
  else if (name === 'events') stream(room, userId, request, response);
  else return false;
  return true;
}

function start(options: PageOptions, wanted: string): Fields {
  const { room } = options;
  const people = room.cast.users.filter((user) => !user.isBot);
  const me = people.find((user) => user.id === wanted) ?? people[0]!;
  const direct = room.directChannel(me.id);
  const channels = [
    ...room.channels().filter((channel) => channel.kind !== 'im' && channel.members.includes(me.id)),
    direct,
  ];
  return {
    team: room.cast.team.name,
    me: { id: me.id, name: me.realName, title: me.title, hue: me.hue },
    people: people.map(({ id, realName, title }) => ({ id, name: realName, title })),
    channels: channels.map(({ id, name, topic, kind, isExternal, members }) => ({
      id,
      name,
      topic,
      kind,
      isExternal,
      people: members.filter((member) => member !== room.cast.bot.userId).length,
    })),
    completions: isOutsider(room, me) ? withoutTeams(options.completions) : options.completions,
    examples: options.examples,
    clock: clockWords(room.now()),
    canMakeTomorrow: options.tomorrow !== undefined,
    alerts: (options.alerts?.choices ?? []).map(({ id, label }) => ({ id, label })),
  };
}

/** "Sun 22 Nov, 09:00 UTC". */
function clockWords(nowMs: number): string {
  const day = new Date(nowMs).toLocaleString('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
  return `${day.replace(',', '')}, ${new Date(nowMs).toISOString().slice(11, 16)} UTC`;
}

/** Guests and people of other organisations are shown no names of teams, here as in every answer. */
function isOutsider(room: Room, user: WorkspaceUser): boolean {
  return user.isGuest || user.teamId !== room.cast.team.id;
}

function withoutTeams(completions: Completions): Completions {
  return { ...completions, keys: completions.keys.map((key) => (key.word === 'team' ? { ...key, values: [] } : key)) };
}

/** The messages of a channel, or of one thread in it, as HTML. Ephemeral ones only for the one who may see them. */
function messages(room: Room, userId: string, channelId: string, thread: string | undefined): readonly Fields[] {
  if (room.channel(channelId)?.members.includes(userId) !== true) return [];
  const shown = room.messages(channelId).filter((message) => isShown(message, userId));
  const wanted =
    thread === undefined
      ? shown.filter((message) => message.threadTs === undefined)
      : shown.filter((message) => message.ts === thread || message.threadTs === thread);
  return wanted.map((message) => item(room, message));
}

function item(room: Room, message: RoomMessage): Fields {
  const replies = room
    .messages(message.channel)
    .filter((each) => each.threadTs === message.ts && each.ephemeralFor === undefined).length;
  return {
    ts: message.ts,
    threadTs: message.threadTs ?? null,
    channel: message.channel,
    html: renderMessage(room, message, replies),
  };
}

function topWindow(room: Room, userId: string): string {
  const view = stackOf(room, userId).at(-1);
  return view === undefined ? '' : renderView(room, view);
}

function home(room: Room, userId: string): string {
  const view = room.homes.get(userId);
  return view === undefined ? '' : renderHome(room, view);
}

/** Server-sent events: what changed, for one person. */
function stream(room: Room, userId: string, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.write('retry: 1000\n\n');
  const stop = room.subscribe((event) => {
    for (const data of forPerson(room, userId, event)) response.write(`data: ${JSON.stringify(data)}\n\n`);
  });
  const beat = setInterval(() => response.write(': still here\n\n'), 15_000);
  request.on('close', () => {
    clearInterval(beat);
    stop();
  });
}

function forPerson(room: Room, userId: string, event: RoomEvent): readonly Fields[] {
  switch (event.kind) {
    case 'views':
      return event.userId === userId ? [{ kind: 'window', html: topWindow(room, userId) }] : [];
    case 'home':
      return event.userId === userId ? [{ kind: 'home', html: home(room, userId) }] : [];
    case 'status':
      return [{ ...event }];
    case 'message':
    case 'deleted': {
      const { message } = event;
      if (room.channel(message.channel)?.members.includes(userId) !== true || !isShown(message, userId)) return [];
      const parent = message.threadTs === undefined ? undefined : room.message(message.channel, message.threadTs);
      const own =
        event.kind === 'deleted'
          ? { kind: 'deleted', ts: message.ts, channel: message.channel }
          : { kind: 'message', ...item(room, message) };
      return parent === undefined ? [own] : [own, { kind: 'message', ...item(room, parent) }];
    }
  }
}

async function act(options: PageOptions, name: string, input: Fields): Promise<Fields> {
  const { acts } = options;
  const text = (key: string) => (typeof input[key] === 'string' ? input[key] : '');
  const user = text('user');
  switch (name) {
    case 'say':
      await acts.say(user, text('channel'), text('thread') || undefined, text('text'));
      return {};
    case 'press':
      await (text('view') !== ''
        ? acts.pressInView(user, text('view'), text('block'), text('action'))
        : acts.press(user, text('channel'), text('ts'), text('block'), text('action')));
      return {};
    case 'change':
      await acts.change(user, text('view'), text('block'), text('action'), isFields(input.state) ? input.state : {});
      return {};
    case 'submit':
      return { errors: await acts.submit(user, text('view')) };
    case 'close':
      acts.close(user, text('view'));
      return {};
    case 'shortcut':
      await acts.shortcut(user, text('channel'), text('ts'), text('shortcut'));
      return {};
    case 'home':
      await acts.openHome(user);
      return {};
    case 'tomorrow':
      if (options.tomorrow === undefined)
        throw new NetcostError('denied', 'In this workspace time passes by itself alone.');
      await options.tomorrow();
      return { clock: clockWords(options.room.now()) };
    case 'alert':
      if (options.alerts === undefined) throw new NetcostError('denied', 'In this workspace no alerts arrive.');
      return { channel: await options.alerts.arrive(text('alert')) };
    default:
      throw new NetcostError('input', `The workspace knows nothing called ${name}.`);
  }
}
