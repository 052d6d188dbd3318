import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Counterpart, freePort, runSetUp, startServer } from './counterpart.js';

const MOTO = 'moto[server]==5.2.5';
/** The command line of AWS, in an environment of its own: it pins what moto wants newer. */
const AWS_CLI = 'awscli==1.46.3';

/** moto and the aws command in virtual environments. Both find moto by AWS_ENDPOINT_URL; keys are any. */
export const counterpart: Counterpart = async (cache) => {
  const venv = join(cache, 'moto-5.2.5');
  const server = join(venv, 'bin', 'moto_server');
  if (!existsSync(server)) {
    await runSetUp('python3', ['-m', 'venv', '--clear', venv]);
    await runSetUp(join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', MOTO]);
  }
  const cli = join(cache, 'awscli-1.46.3');
  if (!existsSync(join(cli, 'bin', 'aws'))) {
    await runSetUp('python3', ['-m', 'venv', '--clear', cli]);
    await runSetUp(join(cli, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', AWS_CLI]);
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { stop } = await startServer(server, ['-H', '127.0.0.1', '-p', String(port)], `${url}/moto-api/`, {
    waitMs: 60_000,
  });
  return {
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      NETCOST_AWS_CLI: join(cli, 'bin'),
    },
    stop,
  };
};
