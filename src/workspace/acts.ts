import { NetcostError } from '../errors.js';
import { findAction, knownState, lastInput, missingInputs } from './acted-elements.js';
import type { Acknowledged, BotLink, Delivery } from './bot-link.js';
import { messageJson } from './message-history.js';
import { createResponseUrl, respond } from './response-urls.js';
import type { ResponseUrl, Room, RoomMessage, RoomView } from './room.js';
import { type Fields, isFields } from './validate-values.js';
import { closeView, createTrigger, replaceView, setViewValue, viewJson } from './views.js';

/** What a person does on the page. Each becomes what Slack would send to the app. */
export interface Acts {
  /** A line from the composer: a slash command, or a message. */
  readonly say: (userId: string, channelId: string, threadTs: string | undefined, text: string) => Promise<void>;
  readonly press: (userId: string, channelId: string, ts: string, blockId: string, actionId: string) => Promise<void>;
  readonly pressInView: (userId: string, viewId: string, blockId: string, actionId: string) => Promise<void>;
  /** Something was typed or chosen in a window. */
  readonly change: (userId: string, viewId: string, blockId: string, actionId: string, state: Fields) => Promise<void>;
  /** Sends a window. Returns the errors of its inputs, by block. */
  readonly submit: (userId: string, viewId: string) => Promise<Readonly<Record<string, string>>>;
  readonly close: (userId: string, viewId: string) => void;
  readonly shortcut: (userId: string, channelId: string, ts: string, callbackId: string) => Promise<void>;
  readonly openHome: (userId: string) => Promise<void>;
}

const COMMAND = '/netcost';

export function createActs(room: Room, link: BotLink, origin: () => string): Acts {
  const urlOf = (url: ResponseUrl) => `${origin()}/response/${url.id}`;
  const about = {
    api_app_id: room.cast.bot.appId,
    team: { id: room.cast.team.id, domain: room.cast.team.domain },
    enterprise: null,
    is_enterprise_install: false,
  };
  const interactive = (userId: string) => ({
    ...about,
    user: personJson(room, userId),
    token: 'verification',
    trigger_id: createTrigger(room, userId),
  });

  async function command(userId: string, channelId: string, text: string): Promise<void> {
    const url = createResponseUrl(room, { channel: channelId, userId });
    const answer = await link.deliver({
      kind: 'command',
      payload: {
        token: 'verification',
        team_id: room.cast.team.id,
        team_domain: room.cast.team.domain,
        channel_id: channelId,
        channel_name: room.channel(channelId)?.name ?? '',
        user_id: userId,
        user_name: room.user(userId)?.name ?? '',
        command: COMMAND,
        text: escapeTyped(room, text),
        api_app_id: room.cast.bot.appId,
        is_enterprise_install: 'false',
        response_url: urlOf(url),
        trigger_id: createTrigger(room, userId),
      },
    });
    const failure = answer.ok ? (isFields(answer.body) ? respond(room, url, answer.body) : undefined) : answer.reason;
    if (failure !== undefined) complain(room, channelId, userId, `${COMMAND} failed with the error “${failure}”`);
  }

  /** Events are delivered once more where they were not acknowledged, as Slack does at once. */
  async function event(payload: Fields): Promise<void> {
    const envelope = {
      ...about,
      token: 'verification',
      team_id: room.cast.team.id,
      type: 'event_callback',
      event_id: room.newId('Ev'),
      event_time: Math.floor(room.now() / 1000),
      authorizations: [{ team_id: room.cast.team.id, user_id: room.cast.bot.userId, is_bot: true }],
      event: payload,
    };
    const first = await link.deliver({ kind: 'event', payload: envelope });
    if (!first.ok) await link.deliver({ kind: 'event', payload: envelope });
  }

  async function message(userId: string, channelId: string, threadTs: string | undefined, text: string): Promise<void> {
    const bot = room.cast.bot.userId;
    const channel = room.channel(channelId);
    const written = escapeTyped(room, text).replace(/(^|\s)@netcost\b/gi, `$1<@${bot}>`);
    const posted = room.post({ channel: channelId, userId, text: written, threadTs });
    const body = {
      user: userId,
      text: written,
      ts: posted.ts,
      channel: channelId,
      event_ts: posted.ts,
      team: room.cast.team.id,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    };
    if (channel?.kind === 'im') await event({ ...body, type: 'message', channel_type: 'im' });
    else if (written.includes(`<@${bot}>`) && channel?.members.includes(bot))
      await event({ ...body, type: 'app_mention' });
  }

  async function send(delivery: Delivery, onFailure: (reason: string) => void): Promise<Acknowledged> {
    const answer = await link.deliver(delivery);
    if (!answer.ok) onFailure(answer.reason);
    return answer;
  }

  return {
    say: async (userId, channelId, threadTs, text) => {
      const line = text.trim();
      requireMember(room, userId, channelId);
      if (!line.startsWith(COMMAND)) {
        if (line.startsWith('/'))
          return complain(
            room,
            channelId,
            userId,
            `${line.split(/\s/)[0]} is not a valid command. In this workspace there is ${COMMAND}.`,
          );
        return message(userId, channelId, threadTs, line);
      }
      if (threadTs !== undefined)
        return complain(
          room,
          channelId,
          userId,
          `${COMMAND} is not supported in threads. Begin with @netcost instead.`,
          threadTs,
        );
      return command(userId, channelId, line.slice(COMMAND.length).trim());
    },

    press: async (userId, channelId, ts, blockId, actionId) => {
      requireMember(room, userId, channelId);
      const pressed = room.message(channelId, ts);
      const action = pressed === undefined ? undefined : findAction(pressed.blocks, blockId, actionId);
      if (
        pressed === undefined ||
        action === undefined ||
        (pressed.ephemeralFor !== undefined && pressed.ephemeralFor !== userId)
      )
        return;
      const url = createResponseUrl(room, { channel: channelId, userId, threadTs: pressed.threadTs, messageTs: ts });
      const payload = {
        ...interactive(userId),
        type: 'block_actions',
        response_url: urlOf(url),
        channel: { id: channelId, name: room.channel(channelId)?.name ?? '' },
        container: {
          type: 'message',
          message_ts: ts,
          channel_id: channelId,
          is_ephemeral: pressed.ephemeralFor !== undefined,
          ...(pressed.threadTs === undefined ? {} : { thread_ts: pressed.threadTs }),
        },
        ...(pressed.ephemeralFor === undefined ? { message: messageJson(room, pressed) } : {}),
        state: { values: {} },
        actions: [{ ...action, block_id: blockId, action_ts: String(room.now() / 1000) }],
      };
      await send({ kind: 'interactive', payload }, (reason) =>
        complain(room, channelId, userId, `The button failed with the error “${reason}”`, pressed.threadTs),
      );
    },

    pressInView: async (userId, viewId, blockId, actionId) => {
      const view = viewOf(room, userId, viewId);
      const action = view === undefined ? undefined : findAction(view.blocks, blockId, actionId);
      if (view === undefined || action === undefined) return;
      await send(
        { kind: 'interactive', payload: viewAction(room, view, { ...action, block_id: blockId }, interactive(userId)) },
        () => {},
      );
    },

    change: async (userId, viewId, blockId, actionId, state) => {
      const old = viewOf(room, userId, viewId);
      const block = old?.blocks.find((each) => each.block_id === blockId);
      const element = block !== undefined && isFields(block.element) ? block.element : undefined;
      if (old === undefined || element === undefined || element.action_id !== actionId) return;
      const known = knownState(element, state);
      const view = setViewValue(room, old, blockId, actionId, known);
      if (block?.dispatch_action !== true) return;
      await send(
        {
          kind: 'interactive',
          payload: viewAction(room, view, { ...known, action_id: actionId, block_id: blockId }, interactive(userId)),
        },
        () => {},
      );
    },

    submit: async (userId, viewId) => {
      const view = viewOf(room, userId, viewId);
      if (view === undefined) return {};
      const missing = missingInputs(view);
      if (Object.keys(missing).length > 0) return missing;
      const answer = await link.deliver({
        kind: 'interactive',
        payload: { ...interactive(userId), type: 'view_submission', view: viewJson(room, view), response_urls: [] },
      });
      if (!answer.ok) return { [lastInput(view)]: `We had some trouble connecting (${answer.reason}). Try again?` };
      const body = isFields(answer.body) ? answer.body : {};
      if (body.response_action === 'errors' && isFields(body.errors))
        return body.errors as Readonly<Record<string, string>>;
      if (body.response_action === 'update') replaceView(room, view, body.view);
      else closeView(room, view, body.response_action === 'clear');
      return {};
    },

    close: (userId, viewId) => {
      const view = viewOf(room, userId, viewId);
      if (view !== undefined) closeView(room, view, false);
    },

    shortcut: async (userId, channelId, ts, callbackId) => {
      requireMember(room, userId, channelId);
      const about_ = room.message(channelId, ts);
      if (about_ === undefined || about_.ephemeralFor !== undefined) return;
      const url = createResponseUrl(room, { channel: channelId, userId, threadTs: about_.threadTs });
      const payload = {
        ...interactive(userId),
        type: 'message_action',
        callback_id: callbackId,
        response_url: urlOf(url),
        message_ts: ts,
        action_ts: String(room.now() / 1000),
        channel: { id: channelId, name: room.channel(channelId)?.name ?? '' },
        message: messageJson(room, about_),
      };
      await send({ kind: 'interactive', payload }, (reason) =>
        complain(room, channelId, userId, `The shortcut failed with the error “${reason}”`),
      );
    },

    openHome: async (userId) => {
      await event({
        type: 'app_home_opened',
        user: userId,
        channel: room.directChannel(userId).id,
        tab: 'home',
        event_ts: String(room.now() / 1000),
      });
    },
  };
}

/** Slack escapes three characters of what is typed, and smart quotes come in from phones as they are. */
function escapeTyped(room: Room, text: string): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  // should_escape in the manifest: names of people and channels become ids.
  return escaped
    .replace(/(^|\s)@(\w+)/g, (all, before: string, name: string) => {
      const user = room.cast.users.find((each) => each.name === name.toLowerCase() && !each.isBot);
      return user === undefined ? all : `${before}<@${user.id}|${user.name}>`;
    })
    .replace(/(^|\s)#([\w-]+)/g, (all, before: string, name: string) => {
      const channel = room.channels().find((each) => each.kind !== 'im' && each.name === name);
      return channel === undefined ? all : `${before}<#${channel.id}|${channel.name}>`;
    });
}

/** Slackbot's line where an app did not do its part: only the person sees it. */
function complain(room: Room, channel: string, userId: string, text: string, threadTs?: string): void {
  room.post({ channel, userId: 'USLACKBOT', text, ephemeralFor: userId, threadTs });
}

function requireMember(room: Room, userId: string, channelId: string): void {
  const channel = room.channel(channelId);
  if (channel === undefined || !channel.members.includes(userId)) {
    throw new NetcostError('denied', `${userId} is no member of ${channelId}.`, {
      hint: 'Choose a channel of that person.',
    });
  }
}

function personJson(room: Room, userId: string): Fields {
  const user = room.user(userId);
  return { id: userId, username: user?.name ?? '', name: user?.name ?? '', team_id: user?.teamId ?? room.cast.team.id };
}

function viewOf(room: Room, userId: string, viewId: string): RoomView | undefined {
  const view = room.views.get(viewId) ?? [...room.homes.values()].find((home) => home.id === viewId);
  return view?.userId === userId ? view : undefined;
}

function viewAction(room: Room, view: RoomView, action: Fields, base: Fields): Fields {
  return {
    ...base,
    type: 'block_actions',
    container: { type: 'view', view_id: view.id },
    view: viewJson(room, view),
    actions: [{ ...action, action_ts: String(room.now() / 1000) }],
  };
}

/** A message of the room that people may point a shortcut at. */
export function isShown(message: RoomMessage, userId: string): boolean {
  return message.ephemeralFor === undefined || message.ephemeralFor === userId;
}
