import { describe, expect, test } from 'vitest';
import * as ask from '../../commands/ask.js';
import * as netcost from '../../commands/netcost.js';
import { type Call, type Command, TERMINAL } from '../../src/answers/reply.js';

const call = (text: string): Call => ({ text, nowMs: 0, caller: TERMINAL });

function commands(heard: string[]): readonly Command[] {
  const verb = (name: string): Command => ({
    name,
    usage: `${name} …`,
    summary: `does ${name}`,
    handle: async (got) => {
      heard.push(`${name}: ${got.text}`);
      return { kind: 'text', lines: [name] };
    },
  });
  return [verb('ask'), verb('who'), verb('endpoints')];
}

describe('netcost, the dispatcher', () => {
  test.each([
    ['team=payments since=24h', 'ask: team=payments since=24h'],
    ['  by=team ', 'ask: by=team'],
    ['who 10.0.0.1 10.0.0.2', 'who: 10.0.0.1 10.0.0.2'],
    ['WHO 10.0.0.1', 'who: 10.0.0.1'],
    ['ask by=team', 'ask: by=team'],
    ['what does payments do', 'ask: what does payments do'],
  ])('%j goes to %j', async (text, expected) => {
    const heard: string[] = [];
    await netcost.handle({ commands: commands(heard) }, call(text));
    expect(heard).toEqual([expected]);
  });

  test.each(['', 'help', '?'])('%j gives help that names every verb', async (text) => {
    const reply = await netcost.handle({ commands: commands([]) }, call(text));
    expect(JSON.stringify(reply)).toContain('who …');
    expect(reply.kind).toBe('help');
  });

  test('a word that is nearly a verb is refused with the verb', async () => {
    await expect(netcost.handle({ commands: commands([]) }, call('endpoint'))).rejects.toMatchObject({
      code: 'usage',
      hint: 'Did you mean endpoints?',
    });
  });
});

test('ask hands the words, the clock, the way to stop and who hears of it to the engine', async () => {
  const signal = new AbortController().signal;
  const onProgress = () => {};
  const asked: unknown[] = [];
  const answer = async (input: unknown) => {
    asked.push(input);
    throw new Error('enough');
  };
  await expect(ask.handle({ ask: answer }, { ...call('by=team'), signal, onProgress })).rejects.toThrow('enough');
  expect(asked).toEqual([{ text: 'by=team', nowMs: 0, signal, onProgress, onBilled: expect.any(Function) }]);
});
