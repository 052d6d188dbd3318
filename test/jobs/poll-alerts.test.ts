import { describe, expect, it } from 'vitest';
import { type PolledMessage, pollAlerts } from '../../jobs/poll-alerts.js';
import type { Alert } from '../../src/triage/alerts/alert.js';
import { takeAlert, testPayload } from '../../src/triage/alerts/take-alert.js';
import { ALARM, signed, TOPIC } from '../triage/sns-messages.js';

/** A queue in memory: what is not deleted is delivered again. */
async function poll(bodies: readonly string[], turns: { readonly failing?: number; readonly broken?: number } = {}) {
  const messages = new Map(bodies.map((body, index) => [`m${index}`, { body, deliveries: 0 }]));
  const alerts: Alert[] = [];
  const counts: string[] = [];
  const confirmed: string[] = [];
  const lines: string[] = [];
  const stop = new AbortController();
  let [failing, broken, rounds] = [turns.failing ?? 0, turns.broken ?? 0, 0];
  const note = (message: string) => void lines.push(message);
  await pollAlerts(
    {
      receive: async (): Promise<readonly PolledMessage[]> => {
        rounds += 1;
        if (rounds > 6) stop.abort();
        if (broken > 0) {
          broken -= 1;
          throw new Error('AWS did not answer');
        }
        return [...messages].map(([id, message]) => {
          message.deliveries += 1;
          return { id, body: message.body, receipt: id, deliveries: message.deliveries };
        });
      },
      remove: async (receipt) => void messages.delete(receipt),
      take: (body) =>
        takeAlert(body, {
          topicArns: [TOPIC],
          nowMs: 0,
          onAlert: async (alert) => {
            if (failing > 0) {
              failing -= 1;
              throw new Error('the state is locked');
            }
            alerts.push(alert);
          },
        }),
      confirm: async (topicArn, token) => void confirmed.push(`${topicArn} ${token}`),
      count: async (what, detail) => void counts.push(`${what}: ${detail}`),
      log: { debug: note, info: note, warn: note, error: note },
    },
    stop.signal,
  );
  return { alerts, counts, confirmed, lines, left: [...messages.keys()] };
}

const anomaly = JSON.stringify({ anomalyId: 'a-1', impact: { totalImpact: 12 }, rootCauses: [] });

describe('the queue of alerts', () => {
  it('gives alerts in every form that AWS sends: enveloped, raw, from EventBridge', async () => {
    const event = JSON.stringify({ source: 'aws.ce', 'detail-type': 'Anomaly Detected', detail: JSON.parse(anomaly) });
    const { alerts, left } = await poll([JSON.stringify(signed()), ALARM, anomaly, event]);
    expect(alerts.map(({ kind }) => kind)).toEqual([
      'cloudwatch-alarm',
      'cloudwatch-alarm',
      'cost-anomaly',
      'cost-anomaly',
    ]);
    expect(left).toEqual([]);
  });

  it('keeps what could not be taken until it is', async () => {
    const { alerts, left, lines } = await poll([anomaly], { failing: 2 });
    expect(alerts).toHaveLength(1);
    expect(left).toEqual([]);
    expect(lines.filter((line) => line.includes('delivers it again'))).toHaveLength(2);
  });

  it('leaves what nobody understands to the dead-letter queue, and counts it once', async () => {
    const { alerts, counts, left } = await poll(['good morning', '{"a":1}']);
    expect(alerts).toEqual([]);
    expect(left).toHaveLength(2);
    expect(counts).toEqual(['not-understood: good morning', 'not-understood: {"a":1}']);
  });

  it('leaves messages of topics alone that are not listed', async () => {
    const foreign = JSON.stringify(signed({ TopicArn: 'arn:aws:sns:us-east-1:999988887777:mine' }));
    const { alerts, counts } = await poll([foreign]);
    expect(alerts).toEqual([]);
    expect(counts).toEqual(['refused: foreign topic arn:aws:sns:us-east-1:999988887777:mine']);
  });

  it('confirms a topic of another account by the API, and takes test alerts', async () => {
    const confirmation = signed({
      Type: 'SubscriptionConfirmation',
      Token: 't',
      SubscribeURL: 'http://169.254.169.254/',
    });
    const { confirmed, counts, left } = await poll([
      JSON.stringify(confirmation),
      testPayload('1'),
      JSON.stringify(signed({ Message: testPayload('2') })),
    ]);
    expect(confirmed).toEqual([`${TOPIC} t`]);
    expect(counts).toEqual(['test: 1', 'test: 2']);
    expect(left).toEqual([]);
  });

  it('goes on after the queue could not be read', async () => {
    const { alerts, lines } = await poll([anomaly], { broken: 1 });
    expect(alerts).toHaveLength(1);
    expect(lines).toContain('the queue of alerts could not be read');
  });
});
