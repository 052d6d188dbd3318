import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OPEN_ACCESS } from '../../src/slack/access.js';
import { readKept } from '../../src/slack/incident-view.js';
import { lastIncident, openIncidents } from '../../src/state/incidents.js';
import { CHANNELS, PEOPLE, until } from './demo-fixture.js';
import { alarm, recorded, startTriageFixture, type TriageFixture, wordsOf, writeIncident } from './triage-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'netcost-thread-'));
let fixture: TriageFixture | undefined;
beforeAll(() => {
  writeIncident(join(folder, 'reader'), 'a service reads a bucket of its Region');
  writeIncident(join(folder, 'upload'), 'a host uploads to where nobody named');
});
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAT = 'nat-0123456789abcdef0';

describe('an alert', () => {
  test('becomes one thread: headline, progress, diagnosis with its chart, Terraform as a file', async () => {
    fixture = await startTriageFixture({ live: recorded(join(folder, 'reader')) });
    const startedMs = performance.now();
    await fixture.bound.onAlert(alarm('nat-bytes', { natGatewayIds: [NAT] }), Date.now(), '{}');
    const parent = await until(() => fixture!.parents()[0], 'the headline');
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    await fixture.bound.triage.idle();
    await until(() => fixture!.replies(parent.ts).some((one) => one.files.length > 0), 'the file');
    const [progress, diagnosis, file, ...rest] = fixture.replies(parent.ts);
    expect(rest).toEqual([]);
    expect(wordsOf(progress)).toMatch(/Asked 6 sources in \d+ s/);
    expect(wordsOf(diagnosis)).toMatch(/\*Known\*[\s\S]*\*Possible\*[\s\S]*\*Do\*[\s\S]*\*Not known\*/);
    expect(diagnosis?.blocks.map((block) => block.type)).toContain('data_visualization');
    const [fileId = ''] = file?.files ?? [];
    expect(fixture.demo.workspace.room.files.get(fileId)?.bytes.toString()).toContain('aws_vpc_endpoint');
    const headline = wordsOf(fixture.parents()[0]);
    expect(headline).toMatch(/NAT gateways took .* more than usual/);
    expect(headline).toMatch(/\$\d+\.\d\d a day, \$\d+\.\d\d so far/);
    expect(fixture.parents()).toHaveLength(1);
  }, 30_000);
});

const settled = async (given: TriageFixture) => {
  await given.bound.triage.idle();
  // A file appears a moment after Slack took it.
  await new Promise((resolve) => setTimeout(resolve, 200));
};
const arrive = async (given: TriageFixture, change: Parameters<typeof alarm>[1] = {}) => {
  await given.bound.onAlert(alarm('nat-bytes', { natGatewayIds: [NAT], ...change }), Date.now(), '{}');
  await settled(given);
  return given.parents()[0]!;
};
/** Presses a button of a message as a person. */
const press = async (
  given: TriageFixture,
  userId: string,
  ts: string,
  actionId: string,
  channel: string = CHANNELS.costs,
) => {
  const message = given.demo.workspace.room.message(channel, ts);
  const block = message?.blocks.find((one) => JSON.stringify(one).includes(`"${actionId}"`));
  if (block === undefined) throw new Error(`There is no button ${actionId}.`);
  await given.demo.workspace.acts.press(userId, channel, ts, block.block_id, actionId);
  await settled(given);
};
const told = (given: TriageFixture, userId: string, channel: string = CHANNELS.costs) =>
  given.demo.workspace.room
    .messages(channel)
    .filter((one) => one.ephemeralFor === userId)
    .map((one) => wordsOf(one));
const admins = { ...OPEN_ACCESS, roles: { admin: [PEOPLE.dana], security: [PEOPLE.priya] } };

describe('the same anomaly again', () => {
  test('updates its thread, whatever it says now; the same delivery does nothing', async () => {
    fixture = await startTriageFixture({ live: recorded(join(folder, 'reader')) });
    const anomaly = { kind: 'cost-anomaly' as const, id: 'anomaly-1', natGatewayIds: [], usd: '9.55' };
    const parent = await arrive(fixture, anomaly);
    const before = fixture.demo.workspace.calls.length;
    await arrive(fixture, anomaly);
    expect(fixture.demo.workspace.calls.length).toBe(before);
    await arrive(fixture, { ...anomaly, usd: '30.10', sentAtMs: 1_795_000_900_000 });
    expect(fixture.parents()).toHaveLength(1);
    expect(wordsOf(fixture.parents()[0])).toContain('*Alerts*\n2');
    expect(fixture.replies(parent.ts).filter((one) => wordsOf(one).startsWith('Diagnosis'))).toHaveLength(1);
  });
});

describe('buttons', () => {
  test('expected: for admins and finance; told to Cost Anomaly Detection; the headline shows it', async () => {
    const feedback: unknown[] = [];
    const live = recorded(join(folder, 'reader'));
    fixture = await startTriageFixture({
      live: { ...live, sendAnomalyFeedback: async (...given) => void feedback.push(given) },
      access: admins,
    });
    const parent = await arrive(fixture, { kind: 'cost-anomaly', id: 'anomaly-2' });
    await press(fixture, PEOPLE.miguel, parent.ts, 'incident_expected');
    expect(told(fixture, PEOPLE.miguel).join()).toContain(
      'You may not mark it as expected: that is for admin or finance',
    );
    expect(wordsOf(fixture.parents()[0])).toContain('Open since');
    await press(fixture, PEOPLE.dana, parent.ts, 'incident_expected');
    await until(() => /Expected by <@U0DANA001>/.test(wordsOf(fixture!.parents()[0])), 'the state');
    await settled(fixture);
    expect(feedback).toEqual([['anomaly-2', '111122223333', 'PLANNED_ACTIVITY']]);
    expect(wordsOf(fixture.parents()[0])).toContain('Cost Anomaly Detection was told: planned activity.');
    await press(fixture, PEOPLE.dana, parent.ts, 'incident_reopen');
    await until(() => wordsOf(fixture!.parents()[0]).includes('Open since'), 'open again');
  });

  test('feedback that AWS refuses is said, and changes nothing else', async () => {
    fixture = await startTriageFixture({
      live: {
        ...recorded(join(folder, 'reader')),
        sendAnomalyFeedback: async () => {
          throw new Error('AccessDenied: ce:ProvideAnomalyFeedback');
        },
      },
      access: admins,
    });
    const parent = await arrive(fixture, { kind: 'cost-anomaly', id: 'anomaly-3' });
    await press(fixture, PEOPLE.dana, parent.ts, 'incident_not_an_issue');
    await until(
      () => /Not an issue by[\s\S]*could not be told: AccessDenied/.test(wordsOf(fixture!.parents()[0])),
      'the state',
    );
  });

  test('snooze: a window asks for how long; when it is over netcost says so and looks again', async () => {
    let aheadMs = 0;
    fixture = await startTriageFixture({ live: recorded(join(folder, 'reader')), now: () => Date.now() + aheadMs });
    const parent = await arrive(fixture);
    await press(fixture, PEOPLE.miguel, parent.ts, 'incident_snooze');
    const view = await until(() => [...fixture!.demo.workspace.room.views.values()][0], 'the window');
    await fixture.demo.workspace.acts.submit(PEOPLE.miguel, view.id);
    await until(() => /Snoozed until/.test(wordsOf(fixture!.parents()[0])), 'the snooze');
    await settled(fixture);
    aheadMs = 25 * 3_600_000;
    fixture.bound.triage.kick();
    await until(
      () => fixture!.replies(parent.ts).some((one) => wordsOf(one).includes('The snooze is over')),
      'the end',
    );
    await settled(fixture);
    expect(wordsOf(fixture.parents()[0])).not.toContain('Snoozed');
  });

  test('run again, and save the evidence: a file to the admin alone, refused to others', async () => {
    fixture = await startTriageFixture({ live: recorded(join(folder, 'reader')), access: admins });
    const parent = await arrive(fixture);
    const [, diagnosis] = fixture.replies(parent.ts);
    await press(fixture, PEOPLE.miguel, parent.ts, 'incident_run_again');
    expect(wordsOf(fixture.replies(parent.ts)[0])).toMatch(/^Asked 6 sources/);
    await press(fixture, PEOPLE.miguel, diagnosis!.ts, 'incident_save');
    await until(() => told(fixture!, PEOPLE.miguel).join().includes('You may not take its evidence'), 'the refusal');
    await until(() => existsSync(join(fixture!.folder, 'bundles')), 'the evidence on disk');
    await fixture.demo.workspace.acts.say(PEOPLE.dana, CHANNELS.costs, parent.ts, '@netcost export');
    const direct = fixture.demo.workspace.room.directChannel(PEOPLE.dana).id;
    const sent = await until(
      () => fixture!.demo.workspace.room.messages(direct).find((one) => one.files.length > 0),
      'the file',
    );
    const file = fixture.demo.workspace.room.files.get(sent.files[0] ?? '');
    const target = mkdtempSync(join(tmpdir(), 'netcost-untar-'));
    writeFileSync(join(target, 'b.tar.gz'), file!.bytes);
    execFileSync('tar', ['-xzf', 'b.tar.gz'], { cwd: target });
    const [name = ''] = readdirSync(target).filter((one) => one.startsWith('netcost-'));
    const replayed = await recorded(join(target, name)).diagnose({
      subject: { kind: 'last' },
      nowMs: 0,
      signal: new AbortController().signal,
    });
    rmSync(target, { recursive: true, force: true });
    const kept = readKept((await lastIncident(fixture.state.db))?.diagnosed);
    expect({ ...replayed.report, tookMs: 0 }).toEqual({ ...kept?.report, tookMs: 0 });
  });
});

describe('what is for the security team', () => {
  test('leaves the cost channel and stands in theirs alone, for their buttons; the owner is not called', async () => {
    fixture = await startTriageFixture({
      live: recorded(join(folder, 'upload')),
      access: { ...admins, roles: { ...admins.roles, security: [PEOPLE.miguel] } },
      settings: { securityChannel: CHANNELS.payments, mentions: { orders: PEOPLE.priya } },
    });
    await fixture.bound.onAlert(alarm('nat-bytes', { natGatewayIds: [NAT] }), Date.now(), '{}');
    await settled(fixture);
    expect(fixture.parents().map((one) => wordsOf(one))).toEqual([]);
    const [parent] = fixture.parents(CHANNELS.payments);
    expect(wordsOf(parent)).toContain('For the security team');
    expect(fixture.replies(parent!.ts, CHANNELS.payments).some((one) => wordsOf(one).startsWith('Diagnosis'))).toBe(
      true,
    );
    const everything = fixture.demo.workspace.room
      .messages(CHANNELS.costs)
      .map((one) => wordsOf(one))
      .join();
    expect(everything).not.toMatch(/exfiltration|upload/i);
    expect(JSON.stringify(fixture.demo.workspace.room.messages(CHANNELS.payments))).not.toContain(`<@${PEOPLE.priya}>`);
    expect(await openIncidents(fixture.state.db, 'all')).toEqual([]);
    await press(fixture, PEOPLE.miguel, parent!.ts, 'incident_fixed', CHANNELS.payments);
    await until(() => wordsOf(fixture!.parents(CHANNELS.payments)[0]).includes('Marked as fixed'), 'the state');
  });

  test('is held back where no channel is theirs', async () => {
    fixture = await startTriageFixture({ live: recorded(join(folder, 'upload')) });
    const parent = await arrive(fixture);
    const words = fixture
      .replies(parent.ts)
      .map((one) => wordsOf(one))
      .join('\n');
    expect(words).toContain('triage.securityChannel');
    expect(words).not.toMatch(/Diagnosis|exfiltration/);
  });
});

describe('what people ask for', () => {
  test('/netcost diagnose nat-… opens a thread; again, it runs again in the same', async () => {
    fixture = await startTriageFixture({ live: recorded(join(folder, 'reader')) });
    await fixture.demo.workspace.acts.say(PEOPLE.miguel, CHANNELS.costs, undefined, `/netcost diagnose ${NAT}`);
    await until(() => fixture!.parents()[0], 'the thread');
    await settled(fixture);
    expect(told(fixture, PEOPLE.miguel).join()).toContain(`Diagnosis of ${NAT}. The thread is in #cloud-costs.`);
    await fixture.demo.workspace.acts.say(PEOPLE.miguel, CHANNELS.costs, undefined, '/netcost diagnose last');
    await until(() => told(fixture!, PEOPLE.miguel).some((one) => one.includes('diagnosed again')), 'the answer');
    await settled(fixture);
    expect(fixture.parents()).toHaveLength(1);
    await fixture.demo.workspace.acts.say(PEOPLE.miguel, CHANNELS.costs, undefined, '/netcost diagnose nonsense');
    await until(
      () => told(fixture!, PEOPLE.miguel).some((one) => one.includes('neither a NAT gateway nor a team')),
      'no',
    );
  });

  test('the shortcut on a message diagnoses in its thread', async () => {
    fixture = await startTriageFixture({ live: recorded(join(folder, 'reader')) });
    const { room, acts } = fixture.demo.workspace;
    const posted = room.post({
      channel: CHANNELS.costs,
      userId: PEOPLE.priya,
      text: `ALARM: "nat bytes" ${NAT} is high`,
    });
    await acts.shortcut(PEOPLE.miguel, CHANNELS.costs, posted.ts, 'diagnose_alert');
    await until(() => fixture!.replies(posted.ts).length > 2, 'the thread');
    await settled(fixture);
    const replies = fixture.replies(posted.ts).map((one) => wordsOf(one));
    expect(replies[0]).toMatch(/NAT gateways took/);
    expect(replies.some((one) => one.startsWith('Diagnosis'))).toBe(true);
    expect(told(fixture, PEOPLE.miguel).join()).toContain('in the thread of that message');
    await acts.shortcut(PEOPLE.dana, CHANNELS.costs, posted.ts, 'diagnose_alert');
    await settled(fixture);
    expect(fixture.replies(posted.ts).filter((one) => wordsOf(one).startsWith('Diagnosis'))).toHaveLength(1);
  });

  test('in a channel with people of another organisation it goes to the channel for incidents', async () => {
    fixture = await startTriageFixture({ live: recorded(join(folder, 'reader')) });
    const { room, acts } = fixture.demo.workspace;
    const posted = room.post({ channel: CHANNELS.shared, userId: PEOPLE.dana, text: `ALARM ${NAT}` });
    await acts.shortcut(PEOPLE.dana, CHANNELS.shared, posted.ts, 'diagnose_alert');
    await until(() => fixture!.parents()[0], 'the thread');
    await settled(fixture);
    expect(fixture.replies(posted.ts, CHANNELS.shared)).toEqual([]);
  });
});
