import type { OnAlert } from '../live.js';
import { objectOf, textOf } from './fields.js';
import { parseAlert } from './parse-alert.js';

/** What became of a message. */
export type Taken =
  | { readonly outcome: 'alert'; readonly title: string }
  /** Sent by `netcost check` to itself. */
  | { readonly outcome: 'test'; readonly id: string }
  /** SNS asks whether its topic may send to us. */
  | { readonly outcome: 'confirm'; readonly topicArn: string; readonly token: string }
  | { readonly outcome: 'unsubscribed'; readonly topicArn: string }
  | { readonly outcome: 'foreign-topic'; readonly topicArn: string }
  | { readonly outcome: 'not-understood'; readonly beginning: string };

const TEST_TYPE = 'test alert';

/** A message by which `netcost check` sees whether alerts arrive. */
export function testPayload(id: string): string {
  return JSON.stringify({ source: 'netcost', 'detail-type': TEST_TYPE, id });
}

/**
 * Takes one message: an alert goes to `onAlert`, and is taken for good when this returns. Messages of topics that are
 * not listed are left alone where any are listed. What no reader understands is said so, never guessed at: it would
 * open a thread that nobody can act on.
 */
export async function takeAlert(
  body: string,
  deps: { readonly onAlert: OnAlert; readonly topicArns: readonly string[]; readonly nowMs: number },
): Promise<Taken> {
  const envelope = documentOf(body);
  const topicArn = textOf(envelope, 'TopicArn');
  if (topicArn !== undefined && deps.topicArns.length > 0 && !deps.topicArns.includes(topicArn))
    return { outcome: 'foreign-topic', topicArn };
  const inner = topicArn === undefined ? envelope : documentOf(textOf(envelope, 'Message') ?? '');
  if (textOf(inner, 'source') === 'netcost' && textOf(inner, 'detail-type') === TEST_TYPE)
    return { outcome: 'test', id: textOf(inner, 'id') ?? '' };
  const arrival = parseAlert(body);
  if (arrival.what === 'unsubscription') return { outcome: 'unsubscribed', topicArn: arrival.topicArn ?? '' };
  if (arrival.what !== 'alert')
    return { outcome: 'confirm', topicArn: arrival.topicArn ?? '', token: textOf(envelope, 'Token') ?? '' };
  const { alert } = arrival;
  if (alert.kind === 'manual') return { outcome: 'not-understood', beginning: alert.title.slice(0, 80) };
  await deps.onAlert(alert, deps.nowMs, body);
  return { outcome: 'alert', title: alert.title };
}

function documentOf(text: string) {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}
