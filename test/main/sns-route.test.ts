import { createServer, request, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SNS_PATH, snsRoute } from '../../src/main/sns-route.js';
import { countIntake, readIntake } from '../../src/state/alert-intake.js';
import { openState, type State } from '../../src/state/open-state.js';
import { takeAlert } from '../../src/triage/alerts/take-alert.js';
import { CERTIFICATE } from '../triage/sns-keys.js';
import { NOW_MS, signed, TOPIC } from '../triage/sns-messages.js';

let state: State;
let server: Server;
let url: string;
let alerts: string[];
let confirmed: string[];
let fetched: string[];
let isBroken: boolean;
let lines: string[];

beforeEach(async () => {
  state = await openState({ kind: 'sqlite', file: ':memory:' });
  [alerts, confirmed, fetched, lines, isBroken] = [[], [], [], [], false];
  const note = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const { handler } = snsRoute({
    topicArns: [TOPIC],
    db: state.db,
    nowMs: () => NOW_MS,
    certificateAt: async (at) => {
      fetched.push(at);
      return CERTIFICATE;
    },
    confirm: async (topicArn, token) => void confirmed.push(`${topicArn} ${token}`),
    count: (what, detail) => countIntake(state.db, what, NOW_MS, detail),
    take: (body) =>
      takeAlert(body, {
        topicArns: [TOPIC],
        nowMs: NOW_MS,
        onAlert: async (alert) => {
          if (isBroken) throw new Error('the state is locked');
          alerts.push(alert.id);
        },
      }),
    log: { debug: note, info: note, warn: note, error: note },
  });
  server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}${SNS_PATH}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await state.close();
});

/** As SNS posts: text/plain. */
async function post(message: unknown): Promise<number> {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'text/plain; charset=UTF-8' } });
  expect(await response.text()).toBe('');
  return response.status;
}
const refusals = async () => (await readIntake(state.db)).find(({ name }) => name === 'refused');

describe('the route of SNS', () => {
  it('takes a signed alert once, with and without a subject, and counts it', async () => {
    expect(await post(signed())).toBe(200);
    expect(await post(signed({ MessageId: 'another', Subject: 'ALARM: "nat bytes"' }))).toBe(200);
    expect(alerts).toHaveLength(2);
    expect((await readIntake(state.db)).map(({ name, count }) => [name, count])).toEqual([['alert', 2]]);
  });

  it('takes no message twice', async () => {
    for (const _ of [1, 2, 3]) expect(await post(signed())).toBe(200);
    expect(alerts).toHaveLength(1);
  });

  it('asks SNS to send again where an alert could not be taken, and takes it then', async () => {
    isBroken = true;
    expect(await post(signed())).toBe(500);
    isBroken = false;
    expect(await post(signed())).toBe(200);
    expect(alerts).toHaveLength(1);
  });

  it('refuses forged, foreign and stale messages with a bare 403, and counts them', async () => {
    expect(await post({ ...signed(), Message: 'forged' })).toBe(403);
    expect(await post(signed({ TopicArn: 'arn:aws:sns:us-east-1:999988887777:mine' }))).toBe(403);
    expect(await post(signed({ Timestamp: '2026-12-01T09:00:00.000Z' }))).toBe(403);
    expect(await post('{}')).toBe(403);
    expect(alerts).toEqual([]);
    expect(await refusals()).toMatchObject({ count: 4, detail: 'no-envelope' });
  });

  it('confirms a subscription by the API with its token, and never looks where the message points', async () => {
    const confirmation = {
      Type: 'SubscriptionConfirmation',
      Message: 'You have chosen to subscribe',
      Token: 'token-1',
      SubscribeURL: 'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
    };
    expect(await post(signed(confirmation))).toBe(200);
    expect(confirmed).toEqual([`${TOPIC} token-1`]);
    expect(fetched.every((at) => at.startsWith('https://sns.us-east-1.amazonaws.com/'))).toBe(true);
    const foreign = signed({ ...confirmation, TopicArn: 'arn:aws:sns:us-east-1:999988887777:mine' });
    expect(await post(foreign)).toBe(403);
    expect(await post({ ...signed(confirmation), Token: 'another' })).toBe(403);
    expect(confirmed).toHaveLength(1);
  });

  it('stops reading a body that is too large', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(url, { method: 'POST' }, (response) => resolve(response.statusCode));
      sending.on('error', reject);
      const chunk = Buffer.alloc(64 * 1024, 'x');
      for (let sent = 0; sent < 11; sent += 1) sending.write(chunk);
    });
    expect(status).toBe(413);
    expect(await refusals()).toMatchObject({ count: 1, detail: 'too-large' });
  });

  it('logs what it does not understand, and takes a test alert for what it is', async () => {
    expect(await post(signed({ Message: 'good morning' }))).toBe(200);
    const test = JSON.stringify({ source: 'netcost', 'detail-type': 'test alert', id: 't1' });
    expect(await post(signed({ MessageId: 'test', Message: test }))).toBe(200);
    expect(alerts).toEqual([]);
    expect(lines.join('\n')).toContain('good morning');
    expect((await readIntake(state.db)).map(({ name, detail }) => [name, detail])).toEqual([
      ['not-understood', 'good morning'],
      ['test', 't1'],
    ]);
  });
});
