import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCertificateReader } from '../../src/aws/sns-certificate.js';

let url: string;
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  if (request.url === '/moved') response.writeHead(302, { location: '/good' }).end();
  else if (request.url === '/denied') response.writeHead(403).end('a certificate');
  else if (request.url === '/long') response.writeHead(200).end('x'.repeat(17 * 1024));
  else if (request.url === '/good') response.writeHead(200).end('a certificate');
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('takes a certificate once a day, and neither follows, nor waits long, nor takes anything else for one', async () => {
  let nowMs = 0;
  const read = createCertificateReader(() => nowMs);
  expect([await read(`${url}/good`), await read(`${url}/good`)]).toEqual(['a certificate', 'a certificate']);
  expect(asked).toEqual(['/good']);
  nowMs = 25 * 3_600_000;
  await read(`${url}/good`);
  expect(asked).toEqual(['/good', '/good']);
  await expect(read(`${url}/moved`)).rejects.toThrow('302');
  await expect(read(`${url}/denied`)).rejects.toThrow('403');
  await expect(read(`${url}/long`)).rejects.toThrow('more than');
  await expect(read(`${url}/silent`)).rejects.toThrow();
}, 20_000);
