import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { NetcostError } from '../errors.js';
import { beginSending, claimDelivery, endDelivery, releaseDelivery } from '../state/deliveries.js';
import { keepPost, postsOf } from '../state/incident-work.js';
import type { Incident } from '../state/incidents.js';
import { escapeText } from './mrkdwn.js';
import { PARENT, rootOf, type Shown, type ThreadDeps } from './thread-posts.js';

const LEASE_MS = 60_000;
const RETRY_MS = 3_000;
/** After a lost reply the next try comes RETRY_MS later; Slack may need longer than that to show a file. */
const ARRIVAL_MS = 1_500;

/** A file of a thread. Other content under the same slot is uploaded beside the old one. */
export interface ThreadFile {
  readonly slot: string;
  /** `netcost-ab12cd.tf`: the digest of the content is put before the dot, so that it can be found again. */
  readonly name: string;
  readonly text: string;
  /** What makes it another file; the text where absent. */
  readonly content?: string;
  readonly comment: string;
}

/** Uploads a file into the thread once. After a lost reply it looks for a file of that name before uploading again. */
export async function showFile(deps: ThreadDeps, incident: Incident, file: ThreadFile): Promise<Shown> {
  const { db, now, log } = deps;
  const digest = createHash('sha256')
    .update(file.content ?? file.text)
    .digest('hex')
    .slice(0, 8);
  const posts = await postsOf(db, incident.id);
  if (posts.get(file.slot)?.shown === digest) return { kind: 'shown' };
  const threadTs = rootOf(incident, posts);
  const channel = posts.get(PARENT)?.channel ?? incident.channel;
  if (threadTs === undefined) return { kind: 'later', untilMs: now() + RETRY_MS };
  const key = `incident/${incident.id}/${incident.channel}/${file.slot}/${digest}`;
  const by = `${key}#${now()}`;
  const holder = () => ({ key, by, nowMs: now() });
  const filename = file.name.replace(/(\.\w+)$/, `-${digest}$1`);
  const keep = () => keepPost(db, incident.id, { slot: file.slot, channel, ts: '', shown: digest }, now());
  const claim = await claimDelivery(db, holder(), LEASE_MS);
  if (claim.kind === 'held') return { kind: 'later', untilMs: now() + RETRY_MS };
  const isThere =
    claim.kind === 'done' || (claim.kind === 'doubtful' && (await hasArrived(deps, channel, threadTs, filename)));
  if (!isThere) {
    await deps.pace(channel);
    if (!(await beginSending(db, holder(), { channel, threadTs }, LEASE_MS)))
      return { kind: 'later', untilMs: now() + RETRY_MS };
    try {
      await deps.client.files.uploadV2({
        channel_id: channel,
        thread_ts: threadTs,
        file: Buffer.from(file.text, 'utf8'),
        filename,
        title: filename,
        initial_comment: escapeText(file.comment),
      });
    } catch (error) {
      log.warn('a file could not be uploaded', { incident: incident.id, slot: file.slot, error });
      await releaseDelivery(db, holder(), { untilMs: now() + RETRY_MS, wasSent: true });
      return { kind: 'later', untilMs: now() + RETRY_MS };
    }
  }
  await endDelivery(db, holder(), { state: 'sent', channel, ts: '' });
  await keep();
  return { kind: 'shown' };
}

/** The same a moment later too: Slack shows a file some time after it has said that it took it. */
async function hasArrived(deps: ThreadDeps, channel: string, threadTs: string, filename: string): Promise<boolean> {
  if (await isInThread(deps, channel, threadTs, filename)) return true;
  await setTimeout(ARRIVAL_MS);
  return isInThread(deps, channel, threadTs, filename);
}

/** Whether a reply of the thread holds a file of this name. Not where Slack does not let us read: a second copy is harmless. */
async function isInThread(deps: ThreadDeps, channel: string, threadTs: string, filename: string): Promise<boolean> {
  try {
    const { messages = [] } = await deps.client.conversations.replies({ channel, ts: threadTs, limit: 200 });
    return messages.some((message) => (message.files ?? []).some((file) => file.name === filename));
  } catch (error) {
    deps.log.warn('a thread could not be searched for a file', { channel, error });
    return false;
  }
}

/** Sends bytes to a person's direct messages. Throws NetcostError('upstream') where Slack does not take them. */
export async function sendPrivately(
  deps: Pick<ThreadDeps, 'client'>,
  userId: string,
  file: { readonly name: string; readonly bytes: Buffer; readonly comment: string },
): Promise<void> {
  try {
    const opened = await deps.client.conversations.open({ users: userId });
    await deps.client.files.uploadV2({
      channel_id: opened.channel?.id ?? userId,
      file: file.bytes,
      filename: file.name,
      title: file.name,
      initial_comment: escapeText(file.comment),
    });
  } catch (cause) {
    throw new NetcostError('upstream', 'Slack did not take the file.', { cause, hint: 'Try again in a moment.' });
  }
}
