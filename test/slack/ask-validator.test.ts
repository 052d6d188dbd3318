import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askValidator } from './ask-validator.js';

// No server here can stand in for slack.com; these are the shapes of its answers.

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});
const slack = () => nock('https://slack.com').post('/api/blocks.validate');

describe('the check of our blocks against Slack', () => {
  it('sends the blocks as they are and believes a yes', async () => {
    const blocks = [{ type: 'divider' }];
    const call = nock('https://slack.com').post('/api/blocks.validate', { blocks }).reply(200, { ok: true });
    expect(await askValidator({ blocks })).toEqual({ isTaken: true, why: '' });
    expect(call.isDone()).toBe(true);
  });

  it('says where in the message a refusal points', async () => {
    slack().reply(200, {
      ok: false,
      error: 'invalid_blocks',
      errors: [{ pointer: '/blocks/1/elements', constraint: 'no more than 25 items allowed' }],
    });
    const { isTaken, why } = await askValidator({ blocks: [] });
    expect(isTaken).toBe(false);
    expect(why).toContain('/blocks/1/elements');
  });

  it.each([
    ['a rate limit without a body', 429, ''],
    ['an error page', 502, '<html>Bad gateway</html>'],
  ])('takes %s for no answer, not for a yes', async (_name, status, body) => {
    slack().reply(status, body);
    expect(await askValidator({ view: {} })).toEqual({ isTaken: false, why: `HTTP ${status} without JSON` });
  });

  it('says that Slack was not reached', async () => {
    slack().replyWithError('getaddrinfo ENOTFOUND slack.com');
    expect((await askValidator({ view: {} })).why).toMatch(/^Slack was not reached/);
  });
});
