import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { actionOf, isRead, OPTIONAL_POLICIES, policiesOf, type SdkCall, statementFor } from '../../src/aws/policy.js';
import { PROBED, UNTRIED } from '../../src/aws/probes.js';

const ROOT = join(import.meta.dirname, '../..');

/** Every operation that a file of src/aws sends, by the package that it imports the command from. */
function callsOf(code: string): SdkCall[] {
  const imports = [...code.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g)].flatMap(
    ([, names = '', client = '']) =>
      names.split(',').map((name) => [name.trim().replace(/^type /, ''), client] as const),
  );
  const clientOf = new Map(imports);
  const commands = [...code.matchAll(/\bnew ([A-Z]\w+)Command\b/g)].map(
    ([, name = '']) => [name, `${name}Command`] as const,
  );
  const pages = [...code.matchAll(/\bpaginate([A-Z]\w+)\(/g)].map(
    ([, name = '']) => [name, `paginate${name}`] as const,
  );
  return [...commands, ...pages].map(([operation, imported]) => {
    const client = clientOf.get(imported);
    if (client === undefined) throw new Error(`${imported} is imported from no @aws-sdk/client-…`);
    return { client, operation };
  });
}

const calls = readdirSync(join(ROOT, 'src/aws'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => callsOf(readFileSync(join(ROOT, 'src/aws', file), 'utf8')));
const policies = policiesOf(calls);

describe('the policies of deploy/iam', () => {
  // `npx vitest run test/aws/policy.test.ts -u` writes them after a call was added.
  it.each(Object.keys(policies))('%s.json allows what the code calls, and no more', async (name) => {
    await expect(`${JSON.stringify(policies[name], undefined, 2)}\n`).toMatchFileSnapshot(
      join(ROOT, 'deploy/iam', `${name}.json`),
    );
  });

  it('are all there, and none besides', () => {
    const files = readdirSync(join(ROOT, 'deploy/iam')).filter((file) => file.endsWith('.json'));
    expect(files.sort()).toEqual([...Object.keys(policies), 'trust'].map((name) => `${name}.json`).sort());
  });

  it('hold each call once, and each write in an optional policy with its purpose', () => {
    const actions = [...new Set(calls.flatMap((call) => actionOf(call) ?? []))];
    const held = Object.values(policies).flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
    expect(actions.filter((action) => held.filter((each) => each === action).length !== 1)).toEqual([]);
    const always = ['read', 'bucket'].flatMap((name) => policies[name]!.Statement.flatMap(({ Action }) => Action));
    expect(always.filter((action) => !isRead(action) && action !== 'kms:Decrypt')).toEqual([]);
    for (const { says } of Object.values(OPTIONAL_POLICIES)) expect(says).toMatch(/^[a-z].{10,}[^.]$/);
  });

  it('name no action that IAM would not know by its form', () => {
    const held = Object.values(policies).flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
    expect(held.filter((action) => !/^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/.test(action))).toEqual([]);
  });
});

describe('the calls of a file', () => {
  it('are found as commands and as pages, by their package', () => {
    const code = `import { EC2Client, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { paginateListMetrics } from '@aws-sdk/client-cloudwatch';
client.send(new DescribeVpcsCommand({})); for await (const page of paginateListMetrics({}, {})) {}`;
    expect(callsOf(code).map(actionOf)).toEqual(['ec2:DescribeVpcs', 'cloudwatch:ListMetrics']);
    expect(() => callsOf('new OtherCommand()')).toThrow('OtherCommand');
  });

  it('need what IAM calls them', () => {
    expect(actionOf({ client: 's3', operation: 'ListObjectsV2' })).toBe('s3:ListBucket');
    expect(actionOf({ client: 'cost-explorer', operation: 'GetCostAndUsage' })).toBe('ce:GetCostAndUsage');
    expect(actionOf({ client: 'sts', operation: 'GetCallerIdentity' })).toBeUndefined();
    expect([isRead('ec2:DescribeVpcs'), isRead('ec2:CreateFlowLogs')]).toEqual([true, false]);
  });

  it('are allowed by a statement for the bucket, or for everything', () => {
    expect(statementFor('s3:GetObject', 'logs')).toMatchObject({
      Action: ['s3:GetObject'],
      Resource: ['arn:aws:s3:::logs/*'],
    });
    expect(statementFor('s3:ListBucket', 'logs')).toMatchObject({ Resource: ['arn:aws:s3:::logs'] });
    expect(statementFor('ec2:DescribeVpcs')).toMatchObject({ Action: ['ec2:DescribeVpcs'], Resource: '*' });
  });
});

describe('netcost check', () => {
  it('tries each read that is called, or says why not', () => {
    const known = new Set([...PROBED, ...Object.keys(UNTRIED)]);
    const reads = calls
      .flatMap((call) => actionOf(call) ?? [])
      .filter((action) => isRead(action) && !action.startsWith('s3:'));
    const optional = new Set(Object.values(OPTIONAL_POLICIES).flatMap(({ actions }) => actions));
    expect([...new Set(reads)].filter((action) => !known.has(action) && !optional.has(action))).toEqual([]);
    expect([...known].filter((action) => !reads.includes(action))).toEqual([]);
  });
});
