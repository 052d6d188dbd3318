import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { renderMessage } from '../../src/workspace/render-message.js';
import type { RoomMessage } from '../../src/workspace/room.js';
import { CHANNELS, type Fixture, PEOPLE, readable, startFixture, until } from './demo-fixture.js';

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.demo.stop();
  fixture = undefined;
});

const { dana } = PEOPLE;
const { costs } = CHANNELS;

function read(from: Fixture, message: RoomMessage): string {
  return readable(renderMessage(from.demo.workspace.room, message, 0));
}

async function askAndRead(from: Fixture, text: string, has: RegExp): Promise<string> {
  await from.demo.workspace.acts.say(dana, costs, undefined, text);
  return until(() => {
    const message = from.seen(dana, costs).at(-1);
    const words = message === undefined ? '' : read(from, message);
    return has.test(words) ? words : undefined;
  }, `an answer with ${has}`);
}

describe.each(['http', 'socket'] as const)('over %s', (transport) => {
  test('a slash command is acknowledged at once and answered in the same place, for the asker alone', async () => {
    fixture = await startFixture({ transport });
    const words = await askAndRead(fixture, '/netcost team=payments since=24h by=service', /Share/);
    expect(words).toContain('Payments : $0.23 · 5.00 GiB through the NAT gateway in the last 24 hours');
    expect(words).toContain('S3 4.00 GiB 80 % $0.18');
    expect(words).toContain('Only visible to you');
    expect(fixture.seen(dana, costs)).toHaveLength(1);
    expect(fixture.seen(PEOPLE.miguel, costs)).toHaveLength(0);
    expect(fixture.seen(dana, costs)[0]?.text).toMatch(/^Payments: \$0\.23 for 5\.00 GiB .* S3 80 %/);
  });

  test('words that are not understood come back with the word and what is allowed', async () => {
    fixture = await startFixture({ transport });
    const words = await askAndRead(fixture, '/netcost taem=payments', /⚠/);
    expect(words).toContain('team');
    expect(words).toContain('/netcost help');
    expect(words).not.toContain('Reference');
  });

  test('help says what can be asked', async () => {
    fixture = await startFixture({ transport });
    expect(await askAndRead(fixture, '/netcost help', /What you can ask/)).toContain(
      'team=payments since=7d by=service',
    );
  });
});

describe('requests that are not from Slack', () => {
  const body = new URLSearchParams({
    command: '/netcost',
    text: 'by=team',
    user_id: dana,
    channel_id: costs,
    team_id: 'T0ACME001',
    response_url: 'http://127.0.0.1:9/',
    trigger_id: 'T1',
    api_app_id: 'A1',
  }).toString();

  async function post(secret: string, ageSeconds: number): Promise<number> {
    const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
    const response = await fetch(fixture?.demo.botUrl ?? '', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': signature,
      },
      body,
    });
    return response.status;
  }

  test('a forged signature is refused', async () => {
    fixture = await startFixture();
    expect(await post('not the secret', 0)).toBe(401);
    expect(fixture.asked).toHaveLength(0);
  });

  test('a stale signature is refused, though the secret is right', async () => {
    const secret = 'the secret of this test';
    fixture = await startFixture({ signingSecret: secret });
    expect(await post(secret, 0)).toBe(200);
    await until(() => fixture?.asked.length === 1, 'the good request arrives');
    expect(await post(secret, 6 * 60)).toBe(401);
    expect(fixture.asked).toHaveLength(1);
  });
});

describe('hostile names', () => {
  const names = [
    '<!channel>',
    `"quo'ted"`,
    `'; DROP TABLE legs; --`,
    '<script>alert(1)</script>',
    '*bold* _it_ `code` ~gone~',
    '<@U0DANA001>',
    '&lt;!here&gt;',
    '<https://evil.test|click>',
  ];

  test('show as text and change nothing', async () => {
    fixture = await startFixture({ rows: names.map((name, index) => [name, BigInt(1000 - index)] as const) });
    await askAndRead(fixture, '/netcost by=team', /Share/);
    const message = fixture.seen(dana, costs)[0]!;
    const html = renderMessage(fixture.demo.workspace.room, message, 0);
    for (const name of names) expect(readable(html)).toContain(name.replace(/\s+/g, ' '));
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('class="mention');
    expect(html).not.toContain('evil.test"');
  });

  test('in the question itself show as text, too', async () => {
    fixture = await startFixture();
    const words = await askAndRead(fixture, `/netcost team="<!channel>,' OR 1=1" by=service`, /Share/);
    expect(words).toContain('<!channel>');
    expect(fixture.demo.workspace.calls.filter((call) => JSON.stringify(call.input).includes('<!channel>'))).toEqual(
      [],
    );
    const { blocks, text } = fixture.seen(dana, costs)[0]!;
    expect(JSON.stringify(blocks)).not.toContain('"mrkdwn","text":"*<!channel>');
    expect(text).not.toContain('<!channel>');
  });
});
