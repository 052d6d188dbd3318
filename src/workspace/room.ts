import type { Cast, WorkspaceChannel, WorkspaceUser } from './cast.js';

/** A block as it arrived: data of others, read with care. */
export type RawBlock = Readonly<Record<string, unknown>> & { readonly type: string; readonly block_id: string };

interface RoomFile {
  readonly id: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly altText: string;
  /** Completion is asynchronous: before this moment the file is not there yet. */
  readonly readyMs: number;
}

export interface RoomMessage {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | undefined;
  readonly userId: string;
  readonly text: string;
  readonly blocks: readonly RawBlock[];
  /** Only this person sees it, and only until the page is loaded anew. */
  readonly ephemeralFor: string | undefined;
  readonly files: readonly string[];
  readonly isEdited: boolean;
  readonly metadata?: unknown;
}

export interface RoomView {
  readonly id: string;
  readonly userId: string;
  readonly hash: string;
  readonly rootId: string;
  readonly previousId: string | undefined;
  readonly type: 'modal' | 'home';
  readonly view: Readonly<Record<string, unknown>>;
  readonly blocks: readonly RawBlock[];
  /** block_id → action_id → state of the input. */
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Something changed that pages have to show. */
export type RoomEvent =
  | { readonly kind: 'message'; readonly message: RoomMessage }
  | { readonly kind: 'deleted'; readonly message: RoomMessage }
  | { readonly kind: 'views'; readonly userId: string }
  | { readonly kind: 'home'; readonly userId: string }
  | { readonly kind: 'status'; readonly channel: string; readonly threadTs: string; readonly status: string };

export interface ResponseUrl {
  readonly id: string;
  readonly channel: string;
  readonly userId: string;
  readonly threadTs: string | undefined;
  readonly createdMs: number;
  uses: number;
  /** The message it edits: the one that was pressed, or the one that it made last. */
  messageTs: string | undefined;
}

/** All that the workspace remembers: messages, windows, files, URLs. In memory; a restart is an empty workspace. */
export interface Room {
  readonly cast: Cast;
  readonly now: () => number;
  readonly channels: () => readonly WorkspaceChannel[];
  readonly channel: (id: string) => WorkspaceChannel | undefined;
  /** Archives a channel, or changes who is in it. */
  readonly changeChannel: (id: string, change: Partial<Pick<WorkspaceChannel, 'members' | 'isArchived'>>) => void;
  readonly user: (id: string) => WorkspaceUser | undefined;
  /** The direct message of a person with the bot; made at need. */
  readonly directChannel: (userId: string) => WorkspaceChannel;
  readonly messages: (channel: string) => readonly RoomMessage[];
  readonly message: (channel: string, ts: string) => RoomMessage | undefined;
  readonly post: (message: Pick<RoomMessage, 'channel' | 'userId' | 'text'> & Partial<RoomMessage>) => RoomMessage;
  readonly edit: (
    message: RoomMessage,
    change: Partial<Pick<RoomMessage, 'text' | 'blocks' | 'metadata'>>,
  ) => RoomMessage;
  readonly remove: (message: RoomMessage) => void;
  readonly views: Map<string, RoomView>;
  readonly homes: Map<string, RoomView>;
  readonly files: Map<string, RoomFile>;
  readonly responseUrls: Map<string, ResponseUrl>;
  readonly triggers: Map<string, { readonly userId: string; readonly createdMs: number; used: boolean }>;
  readonly newId: (prefix: string) => string;
  readonly emit: (event: RoomEvent) => void;
  readonly subscribe: (listener: (event: RoomEvent) => void) => () => void;
}

const KEPT_MESSAGES = 500;

export function createRoom(cast: Cast, now: () => number): Room {
  const channels = new Map(cast.channels.map((channel) => [channel.id, channel]));
  const users = new Map(cast.users.map((user) => [user.id, user]));
  const messages = new Map<string, RoomMessage[]>();
  const listeners = new Set<(event: RoomEvent) => void>();
  let counter = 0;
  let lastMicros = 0;

  const emit = (event: RoomEvent) => {
    for (const listener of listeners) listener(event);
  };
  // Slack's ts is unique in its channel and sorts by time, so two messages of one millisecond differ in the last digits.
  const nextTs = () => {
    lastMicros = Math.max(lastMicros + 1, now() * 1000);
    return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`;
  };
  const list = (channel: string) => {
    const existing = messages.get(channel);
    if (existing !== undefined) return existing;
    const fresh: RoomMessage[] = [];
    messages.set(channel, fresh);
    return fresh;
  };

  return {
    cast,
    now,
    channels: () => [...channels.values()],
    channel: (id) => channels.get(id),
    changeChannel: (id, change) => {
      const channel = channels.get(id);
      if (channel !== undefined) channels.set(id, { ...channel, ...change });
    },
    user: (id) => users.get(id),
    directChannel: (userId) => {
      const id = `D${userId.slice(1)}`;
      const existing = channels.get(id);
      if (existing !== undefined) return existing;
      const made: WorkspaceChannel = {
        id,
        name: 'netcost',
        topic: 'Direct message with netcost',
        kind: 'im',
        isExternal: false,
        members: [userId, cast.bot.userId],
      };
      channels.set(id, made);
      return made;
    },
    messages: (channel) => list(channel),
    message: (channel, ts) => list(channel).find((each) => each.ts === ts),
    post: (message) => {
      const full: RoomMessage = {
        threadTs: undefined,
        blocks: [],
        ephemeralFor: undefined,
        files: [],
        isEdited: false,
        ...message,
        ts: nextTs(),
      };
      const all = list(full.channel);
      all.push(full);
      if (all.length > KEPT_MESSAGES) all.shift();
      emit({ kind: 'message', message: full });
      return full;
    },
    edit: (message, change) => {
      const all = list(message.channel);
      const next = { ...message, ...change, isEdited: true };
      const index = all.findIndex((each) => each.ts === message.ts);
      if (index !== -1) all[index] = next;
      emit({ kind: 'message', message: next });
      return next;
    },
    remove: (message) => {
      const all = list(message.channel);
      const index = all.findIndex((each) => each.ts === message.ts);
      if (index !== -1) all.splice(index, 1);
      emit({ kind: 'deleted', message });
    },
    views: new Map(),
    homes: new Map(),
    files: new Map(),
    responseUrls: new Map(),
    triggers: new Map(),
    newId: (prefix) => {
      counter += 1;
      return `${prefix}${(counter + 46_656 ** 2).toString(36).toUpperCase().padStart(9, '0')}`;
    },
    emit,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Gives every block an id, as Slack does where the app gave none. */
export function withIds(blocks: unknown, newId: (prefix: string) => string): RawBlock[] {
  if (!Array.isArray(blocks)) return [];
  return blocks
    .filter(
      (block): block is Record<string, unknown> & { type: string } =>
        typeof block === 'object' && block !== null && typeof block.type === 'string',
    )
    .map((block) => ({
      ...block,
      block_id: typeof block.block_id === 'string' && block.block_id !== '' ? block.block_id : newId('b'),
    }));
}
