import { describe, expect, it } from 'vitest';
import { collapseChanges } from '../../src/triage/evidence/changes.js';
import type { TrailEvent } from '../../src/triage/sources.js';
import { findTrigger } from '../../src/triage/trigger.js';

const MINUTE = 60_000;
const ONSET = { earliestMs: 1000 * MINUTE, latestMs: 1010 * MINUTE };
const event = (minute: number, over: Partial<TrailEvent> = {}): TrailEvent => ({
  atMs: minute * MINUTE,
  name: 'UpdateService',
  source: 'ecs.amazonaws.com',
  principal: 'arn:deploy',
  userAgent: '',
  sourceAddress: undefined,
  errorCode: undefined,
  identityType: 'AssumedRole',
  names: ['orders-api', 'orders-api:12'],
  request: {},
  ...over,
});
const changes = (...events: TrailEvent[]) => collapseChanges({ events, fromMs: 0, toMs: 0, truncated: false });
const scope = { names: ['orders-api'], withinMs: 90 * MINUTE };

describe('change sets', () => {
  it('collapse one principal’s calls until a quarter of an hour passes without one', () => {
    const sets = changes(event(1), event(10), event(24), event(50), event(11, { principal: 'arn:other' }));
    expect(sets.map((set) => [set.principal, set.events.length])).toEqual([
      ['arn:deploy', 3],
      ['arn:deploy', 1],
      ['arn:other', 1],
    ]);
  });

  it('leave out calls that failed and calls that change no traffic', () => {
    expect(
      changes(event(1, { errorCode: 'AccessDenied' }), event(2, { name: 'CreateTags', source: 'ec2.amazonaws.com' })),
    ).toEqual([]);
  });
});

describe('the trigger', () => {
  it('is the change that speaks of what changed, not the one that lies closest', () => {
    const found = findTrigger(
      changes(event(980), event(998, { principal: 'arn:other', names: ['search-web'] })),
      ONSET,
      scope,
    );
    expect(found).toMatchObject({ atMs: 980 * MINUTE, set: { principal: 'arn:deploy' } });
  });

  it('precedes the onset', () => {
    expect(findTrigger(changes(event(1300)), ONSET, scope)).toBeNull();
    expect(findTrigger(changes(event(1012)), ONSET, scope)).not.toBeNull();
  });

  it('is recent', () => {
    expect(findTrigger(changes(event(700)), ONSET, scope)).toBeNull();
  });

  it('is somebody’s, not what a service did because of it', () => {
    const scaler = event(995, {
      name: 'RunInstances',
      source: 'ec2.amazonaws.com',
      principal: 'arn:aws:sts::1:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling',
      names: ['i-1'],
    });
    const person = event(990, {
      name: 'SetDesiredCapacity',
      source: 'autoscaling.amazonaws.com',
      principal: 'arn:person',
      names: ['asg-1'],
    });
    const found = findTrigger(changes(scaler, person), ONSET, { names: ['i-1', 'asg-1'], withinMs: 90 * MINUTE });
    expect(found?.set.principal).toBe('arn:person');
  });

  it('tells names from parts of names', () => {
    const similar = event(995, { names: ['orders-api-v2', 'xorders-api'] });
    const arn = event(995, { names: ['arn:aws:ecs:us-east-1:1:service/main/orders-api'] });
    expect(findTrigger(changes(similar), ONSET, scope)).toBeNull();
    expect(findTrigger(changes(arn), ONSET, scope)).not.toBeNull();
  });
});
