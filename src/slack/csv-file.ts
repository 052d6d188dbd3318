import type { WebClient } from '@slack/web-api';
import type { Caller } from '../answers/reply.js';
import { formatQuestion, parseQuestion } from '../query/parse.js';
import { MAX_TOP } from '../query/question-keys.js';
import type { Desk, Request } from './answer-call.js';
import { summary } from './answer-words.js';
import { type Message, section } from './message.js';
import { escapeText, plain } from './mrkdwn.js';
import { isDirect } from './press.js';
import { answerOf } from './share.js';

/**
 * Sends all rows as a CSV file: into the thread or direct message where it was asked for, else, since no file can be
 * for one reader of a channel, as a direct message. Returns the line that says where it went.
 */
export async function sendCsv(
  desk: Desk,
  client: WebClient,
  caller: Caller,
  request: Request,
): Promise<Message | undefined> {
  const nowMs = request.nowMs ?? desk.deps.now();
  const text = formatQuestion({ ...parseQuestion(request.text, { nowMs }), top: MAX_TOP });
  const dear = `The rows that this answer leaves out were not kept: ask it with top=${MAX_TOP}, and press CSV there.`;
  const answer = await answerOf(desk, caller, { ...request, text }, nowMs, dear);
  const direct = isDirect(request.place.channelId);
  const channel = request.place.channelId.startsWith('D')
    ? request.place.channelId
    : await directChannel(client, request.place.userId);
  const { threadTs } = request.place;
  const filename = `netcost-${answer.window.from.slice(0, 10)}-${answer.query.by.join('-') || 'total'}.csv`.replace(
    /[^\w.-]/g,
    '_',
  );
  await client.files.uploadV2({
    file: Buffer.from(desk.deps.csv(answer), 'utf8'),
    filename,
    title: filename,
    initial_comment: plain(summary(answer)),
    ...(direct && threadTs !== undefined ? { channel_id: channel, thread_ts: threadTs } : { channel_id: channel }),
  });
  if (direct) return undefined;
  return csvSentMessage(filename);
}

/** Says where the file went. */
export function csvSentMessage(filename: string): Message {
  const line = `The CSV is in your direct messages with netcost: ${filename}`;
  return { text: escapeText(line), blocks: [section(plain(line))] };
}

async function directChannel(client: WebClient, userId: string): Promise<string> {
  const opened = await client.conversations.open({ users: userId });
  return opened.channel?.id ?? userId;
}
