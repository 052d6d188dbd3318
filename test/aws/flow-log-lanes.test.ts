import { describe, expect, it } from 'vitest';
import { dayPrefix, findLanes, laneOf, nextStart } from '../../src/aws/flow-log-lanes.js';
import type { ListPage } from '../../src/aws/s3.js';

const DAY = Date.UTC(2026, 10, 21);

/** A bucket as a set of keys, listed by folder. */
function bucketOf(keys: readonly string[]) {
  const asked: string[] = [];
  const folders = async (prefix: string) => {
    asked.push(prefix);
    const below = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length).split('/'));
    return [...new Set(below.flatMap(([name, ...more]) => (more.length > 0 ? [`${prefix}${name}/`] : [])))];
  };
  return { folders, asked };
}

describe('the lanes of a bucket', () => {
  const keys = [
    'egress/AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/11/21/a.log.gz',
    'egress/AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/21/b.json.gz',
    'egress/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/21/a.log.gz',
    'egress/AWSLogs/444455556666/elasticloadbalancing/us-east-1/2026/x.log.gz',
    'egress/other/444455556666/vpcflowlogs/us-east-1/2026/x.log.gz',
  ];

  it('are found folder by folder, and nothing else of the bucket is listed', async () => {
    const { folders, asked } = bucketOf(keys);
    expect((await findLanes('egress/', folders)).map(({ prefix }) => prefix)).toEqual([
      'egress/AWSLogs/111122223333/vpcflowlogs/us-east-1/',
      'egress/AWSLogs/111122223333/vpcflowlogs/eu-west-1/',
    ]);
    expect(asked).toEqual([
      'egress/',
      'egress/AWSLogs/',
      'egress/AWSLogs/111122223333/',
      'egress/AWSLogs/111122223333/vpcflowlogs/',
      'egress/AWSLogs/444455556666/',
    ]);
  });

  it.each(['egress/AWSLogs/', 'egress/AWSLogs/111122223333/', 'egress/AWSLogs/111122223333/vpcflowlogs/'])(
    'are found from %s on',
    async (prefix) => {
      expect(await findLanes(prefix, bucketOf(keys).folders)).toHaveLength(2);
    },
  );

  it('are the prefix itself where it names account and Region', async () => {
    const lane = 'AWSLogs/111122223333/vpcflowlogs/eu-west-1/';
    expect(await findLanes(lane, async () => [])).toEqual([
      { prefix: lane, accountId: '111122223333', region: 'eu-west-1' },
    ]);
  });

  it('are none where nothing is laid out as AWS does it', async () => {
    expect(await findLanes('', bucketOf(['logs/a.log', 'x/y/b.log']).folders)).toEqual([]);
  });

  it('have the days of their own layout', () => {
    const hive = 'AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=us-east-1/';
    expect(dayPrefix(laneOf(hive)!, DAY)).toBe(`${hive}year=2026/month=11/day=21/`);
    const plain = 'AWSLogs/111122223333/vpcflowlogs/us-east-1/';
    expect(dayPrefix(laneOf(plain)!, DAY)).toBe(`${plain}2026/11/21/`);
  });
});

describe('where a cut listing goes on', () => {
  const folder = 'AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/11/21/';
  const named = (time: string, flowLog = 'fl-0a') =>
    `111122223333_vpcflowlogs_us-east-1_${flowLog}_20261121T${time}Z_ff.log.gz`;
  const page = (key: string): ListPage => ({ objects: [{ key, size: 1, modifiedMs: 0 }], folders: [], isCut: true });
  const from = DAY + (18 * 60 + 7) * 60_000;

  it('jumps over the old objects of a flow log, to its new ones', () => {
    expect(nextStart(folder, page(folder + named('0320')), from)).toBe(
      `${folder}111122223333_vpcflowlogs_us-east-1_fl-0a_20261121T1807`,
    );
  });

  it('jumps over the hours before, plain and Hive', () => {
    expect(nextStart(folder, page(`${folder}03/${named('0320')}`), from)).toBe(`${folder}18`);
    const hive = 'AWSLogs/aws-account-id=1/aws-region=us-east-1/year=2026/month=11/day=21/';
    expect(nextStart(hive, page(`${hive}hour=03/${named('0320')}`), from)).toBe(`${hive}hour=18`);
  });

  it.each([
    ['what is new already', folder + named('1900'), from],
    ['names that are not of AWS', `${folder}mine.log.gz`, from],
    ['a day that is wholly asked for', folder + named('0320'), DAY],
    ['an earlier day than the one asked from', folder + named('0320'), from + 86_400_000],
  ])('goes on after the last key for %s', (_, key, fromMs) => {
    expect(nextStart(folder, page(key), fromMs)).toBe(key);
  });
});
