import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import t, { type Test } from 'tap';
import { type Asked, judgeOutside } from '../../src/cli/doctor/judgeOutside.ts';
import { lookFromOutside, type OutsideFacts } from '../../src/cli/doctor/outside.ts';
import { selfSigned } from '../support/selfSigned.ts';

const NOW = new Date('2026-11-22T10:00:00Z');
const URL = 'https://scim.example.com';
const ASKED: Asked = { serverVersion: '1.0.0', ownVersion: '1.0.0', serverAheadMs: 100, now: NOW };
const WELL: OutsideFacts = {
  publicUrl: URL,
  answer: { status: 200, location: `${URL}/scim/v2/ServiceProviderConfig` },
  certificate: { fault: undefined, expiresAt: new Date('2027-02-01'), issuer: 'Somebody' },
};
const days = (n: number) => ({
  fault: undefined,
  issuer: 'X',
  expiresAt: new Date(NOW.getTime() + n * 86_400_000),
});

const CASES: readonly [
  what: string,
  outside: Partial<OutsideFacts>,
  asked: Partial<Asked>,
  expected: string,
][] = [
  ['all is well', {}, {}, ''],
  ['another version', {}, { serverVersion: '1.1.0' }, 'versions note'],
  ['a clock off', {}, { serverAheadMs: -20_000 }, 'own-clock note'],
  ['a clock far off', {}, { serverAheadMs: 120_000 }, 'own-clock warning'],
  ['not reached', { answer: { error: 'ENOTFOUND' } }, {}, 'reached problem'],
  ['a redirect', { answer: { status: 301, location: undefined } }, {}, 'reached problem'],
  ['something else answers', { answer: { status: 200, location: undefined } }, {}, 'reached problem'],
  [
    'another server answers',
    { answer: { status: 200, location: 'https://scim.example.org/scim/v2/x' } },
    {},
    'reached problem',
  ],
  [
    'a name that only begins alike',
    { answer: { status: 200, location: `${URL}.evil/scim/v2/x` } },
    {},
    'reached problem',
  ],
  ['no certificate', { certificate: { error: 'ECONNRESET' } }, {}, 'certificate problem'],
  [
    'a certificate nobody vouches for',
    { certificate: { ...days(90), fault: 'DEPTH_ZERO_SELF_SIGNED_CERT' } },
    {},
    'certificate problem',
  ],
  ['three weeks left', { certificate: days(21) }, {}, 'certificate note'],
  ['a week left', { certificate: days(7) }, {}, 'certificate warning'],
  ['a day left', { certificate: days(1) }, {}, 'certificate problem'],
  ['expired', { certificate: days(-1) }, {}, 'certificate problem'],
];

for (const [what, outside, asked, expected] of CASES)
  t.test(`from outside, ${what}`, (t) => {
    const findings = judgeOutside({ ...ASKED, ...asked }, { ...WELL, ...outside });
    t.equal(
      findings
        .filter(({ level }) => level !== 'ok')
        .map(({ check, level }) => `${check} ${level}`)
        .join(),
      expected,
    );
    t.same(
      new Set(findings.map(({ check }) => check)),
      new Set(['versions', 'own-clock', 'reached', 'certificate']),
    );
    t.end();
  });

t.test('where nothing answers, that is all there is to say', (t) => {
  const outside = { ...WELL, answer: { error: 'ECONNREFUSED' }, certificate: { error: 'ECONNREFUSED' } };
  const findings = judgeOutside(ASKED, outside).filter(({ level }) => level !== 'ok');
  t.match(findings, [{ check: 'reached' }]);
  t.equal(findings.length, 1);
  t.end();
});

async function listen(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => void server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

const answering: RequestListener = (request, response) => {
  if (request.url !== '/scim/v2/ServiceProviderConfig') response.writeHead(404).end('{}');
  else response.end(JSON.stringify({ meta: { location: 'http://elsewhere/scim/v2/ServiceProviderConfig' } }));
};

t.test('a certificate is read as it is shown, with what is wrong with it', async (t) => {
  const expiresAt = new Date('2031-05-01T12:00:00Z');
  const port = await listen(t, createServer(selfSigned(['localhost'], expiresAt), answering));
  const { answer, certificate } = await lookFromOutside(`https://localhost:${port}`);
  t.same(certificate, { fault: 'DEPTH_ZERO_SELF_SIGNED_CERT', expiresAt, issuer: 'localhost' });
  t.match(answer, { error: /SELF_SIGNED/ });
});

t.test('what answers, and what it calls itself', async (t) => {
  const port = await listen(t, createHttpServer(answering));
  t.same(await lookFromOutside(`http://127.0.0.1:${port}/`), {
    publicUrl: `http://127.0.0.1:${port}/`,
    answer: { status: 200, location: 'http://elsewhere/scim/v2/ServiceProviderConfig' },
    certificate: undefined,
  });
  t.match(await lookFromOutside(`http://127.0.0.1:${port}/below`), {
    answer: { status: 404, location: undefined },
  });
  t.match(await lookFromOutside(`https://127.0.0.1:${port}`), {
    certificate: { error: /./ },
    answer: { error: /./ },
  });
});
