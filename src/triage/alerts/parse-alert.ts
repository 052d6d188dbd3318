import { createHash } from 'node:crypto';
import { type Alert, plainAlert } from './alert.js';
import { readBudgetJson, readBudgetText } from './budget.js';
import { readAlarmEvent, readAlarmMessage } from './cloudwatch-alarm.js';
import { isCostAnomaly, readCostAnomaly } from './cost-anomaly.js';
import { readDetected } from './detected.js';
import { fieldOf, type Loose, natIdsIn, objectOf, textOf, timeOf } from './fields.js';

/** What arrived: an alert, or SNS's own housekeeping, which no one should be woken for. */
export type Arrival =
  | { readonly what: 'alert'; readonly alert: Alert }
  | { readonly what: 'subscription' | 'unsubscription'; readonly topicArn: string | undefined };

/** Envelopes in envelopes: SNS in SQS in EventBridge is two deep; more is nobody's delivery. */
const MAX_DEPTH = 4;
/** A payload is far below 256 KB (the limit of SNS); beyond it nothing is read. */
const MAX_LENGTH = 1_000_000;

/**
 * Reads an alert as it arrived: Cost Anomaly Detection, CloudWatch alarms and Budgets, as SNS `Message`, whole SNS
 * envelope, SQS body or EventBridge event, or plain text. Never throws: what is not understood is an alert of kind
 * `manual` with its text as the title.
 */
export function parseAlert(payload: string): Arrival {
  return read(payload.slice(0, MAX_LENGTH), 0);
}

/** The alert of a payload; SNS housekeeping becomes a thin `manual` alert. For bundles, where something must be said. */
export function alertOf(payload: string): Alert {
  const arrival = parseAlert(payload);
  return arrival.what === 'alert' ? arrival.alert : fromText(payload);
}

function read(payload: string, depth: number): Arrival {
  const text = payload.replace(/^\uFEFF/, '').trim();
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { what: 'alert', alert: fromText(text) };
  }
  if (typeof document === 'string' && depth < MAX_DEPTH) return read(document, depth + 1);
  if (Array.isArray(document) && document.length > 0 && depth < MAX_DEPTH) {
    return read(JSON.stringify(document[0]), depth + 1);
  }
  const source = objectOf(document);
  const inside = unwrap(source, depth);
  if (inside) return inside;
  return { what: 'alert', alert: fromDocument(source, text) };
}

function unwrap(source: Loose, depth: number): Arrival | null {
  if (depth >= MAX_DEPTH) return null;
  const type = textOf(source, 'Type');
  const topicArn = textOf(source, 'TopicArn');
  if (type === 'SubscriptionConfirmation') return { what: 'subscription', topicArn };
  if (type === 'UnsubscribeConfirmation') return { what: 'unsubscription', topicArn };
  // SNS over HTTP and SQS, SQS's own record, and Lambda's SNS record.
  const records = fieldOf(source, 'Records');
  if (Array.isArray(records) && records.length > 0) return read(JSON.stringify(records[0]), depth + 1);
  const sns = objectOf(fieldOf(source, 'Sns'));
  const message =
    source.Message ?? sns.Message ?? (source.MessageId || source.messageId ? (source.Body ?? source.body) : undefined);
  if (typeof message !== 'string') return null;
  const arrival = read(message, depth + 1);
  const sentAtMs = timeOf(source.Timestamp ?? sns.Timestamp);
  if (arrival.what !== 'alert' || sentAtMs === undefined || arrival.alert.sentAtMs !== undefined) return arrival;
  return { what: 'alert', alert: { ...arrival.alert, sentAtMs } };
}

function fromDocument(source: Loose, text: string): Alert {
  const detected = readDetected(source);
  if (detected) return detected;
  const detail = objectOf(source.detail);
  if (textOf(source, 'source') === 'aws.cloudwatch' || textOf(detail, 'alarmName')) {
    return readAlarmEvent(source);
  }
  if (textOf(source, 'AlarmArn') || textOf(source, 'AlarmName')) return readAlarmMessage(source);
  if (textOf(source, 'source') === 'aws.ce' || isCostAnomaly(detail)) return readCostAnomaly(detail, source);
  if (isCostAnomaly(source)) return readCostAnomaly(source, {});
  return readBudgetJson(source) ?? fromText(text);
}

function fromText(text: string): Alert {
  const budget = readBudgetText(text);
  if (budget) return budget;
  const title =
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim()
      .slice(0, 200) ?? 'an empty alert';
  const id = `text-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  return { ...plainAlert('manual', id, title), natGatewayIds: natIdsIn(text) };
}
