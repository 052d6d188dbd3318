import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AllocateAddressCommand,
  CreateNatGatewayCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fill } from './bucket-fixture.js';

// The page, command by command, as a newcomer types it; moto is their AWS.
const ROOT = join(import.meta.dirname, '../..');
const ACCOUNT = '123456789012';

let folder: string;
let gateway: { eni: string; own: string };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-first-'));
  cpSync(join(ROOT, 'deploy'), join(folder, 'deploy'), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  const npx = `#!/bin/sh\nshift\nexec node --import ${join(ROOT, 'node_modules/tsx/dist/loader.mjs')} ${join(ROOT, 'src/cli.ts')} "$@"\n`;
  writeFileSync(join(folder, 'bin/npx'), npx);
  chmodSync(join(folder, 'bin/npx'), 0o755);
  // What they have already: a VPC with a NAT gateway.
  const ec2 = new EC2Client({});
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.77.0.0/16' }));
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.77.0.0/24' }));
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  const { NatGateway } = await ec2.send(new CreateNatGatewayCommand({ SubnetId: Subnet?.SubnetId, AllocationId }));
  const [address] = NatGateway?.NatGatewayAddresses ?? [];
  gateway = { eni: address?.NetworkInterfaceId ?? '', own: address?.PrivateIp ?? '' };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The commands of the page, a block each. */
const page = readFileSync(join(ROOT, 'docs/aws.md'), 'utf8');
const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);

let before = '';
/** Runs a block in the shell in which the ones before it have set their variables. */
function type(block: string): Promise<{ status: number; out: string; err: string }> {
  const script = `${before}\n${block}`;
  const settings = block.split('\n').filter((line) => /^(?:export )?[A-Z_]+=/.test(line));
  before = [before, ...settings].join('\n');
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['-euc', script],
      {
        cwd: folder,
        env: {
          ...process.env,
          PATH: `${join(folder, 'bin')}:${process.env.NETCOST_AWS_CLI}:${process.env.PATH}`,
          NO_COLOR: '1',
        },
        maxBuffer: 16 << 20,
      },
      (error, out, err) => {
        console.log(
          `$ ${block.trim()}\n${out}${err.replaceAll(/^.*NodeVersionSupportWarning[\s\S]*?was created\)\n/gm, '')}`,
        );
        resolve({ status: error === null ? 0 : Number(error.code), out, err });
      },
    );
  });
}

it('is reached by the page', async () => {
  expect(blocks).toHaveLength(7);
  const [variables = '', bucket = '', flowLog = '', role = '', init = '', check = '', ask = ''] = blocks;
  for (const block of [variables, bucket, flowLog, role]) expect(await type(block)).toMatchObject({ status: 0 });

  const found = await type(init);
  expect(found.status).toBe(0);
  expect(found.out).toContain('1 NAT gateway in us-east-1');
  expect(found.out).toContain(`Found s3://netcost-flow-logs-${ACCOUNT}/`);
  expect(readFileSync(join(folder, 'netcost.yml'), 'utf8')).toContain(
    `"role":"arn:aws:iam::${ACCOUNT}:role/netcost-read"`,
  );

  // "Wait ten minutes": AWS delivers.
  const bytes = () => 2 ** 30;
  await fill(`netcost-flow-logs-${ACCOUNT}`, 12, new Date(Math.floor(Date.now() / 300_000) * 300_000), {
    account: ACCOUNT,
    ...gateway,
    bytes,
  });

  const checked = await type(check);
  expect(checked.status).toBe(1);
  const lines = checked.out.split('\n');
  expect(
    lines.filter((line) => line.startsWith('FAIL') && !/SLACK_BOT_TOKEN|LookupEvents|GetProducts/.test(line)),
  ).toEqual([]);
  expect(checked.out).toMatch(/ok +Bucket .* 1 account and Region; newest object .* minutes ago/);
  expect(checked.out).toMatch(/ok +Gateways us-east-1 +nat-\w+: fl-\w+ to s3:\/\/netcost-flow-logs/);

  const answered = await type(ask);
  expect(answered).toMatchObject({ status: 0 });
  expect(answered.out).toMatch(/12 objects \(.*\) fetched with \d+ requests for \$0\.000\d+/);
  expect(answered.out).toMatch(/10\.20\.1\.1 +12\.0 GiB/);
  expect(answered.out).not.toContain('No flow log for');
  expect(answered.out).toMatch(/data processing +12\.00 GB +\$0\.045 +\$0\.54/);
});
