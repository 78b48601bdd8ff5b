// The process: it ends with its parent, closes ledgers at the pace it is told, and without a disk it says so and
// loses nothing.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Keypair, Operation } from '@stellar/stellar-sdk';
import { Localnet, program, until } from './harness.js';

test('it ends when its parent does, if asked to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'paytick-localnet-'));
  const ready = join(folder, 'ready.json');
  const command = '"$0" --data "$1/data" --ready-file "$1/ready.json" --exit-with-parent & echo $!; wait';
  const parent = spawn('sh', ['-c', command, program, folder], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [printed] = await once(parent.stdout, 'data');
  const pid = Number(String(printed));
  await until(() => existsSync(ready), 'the ready file');
  const { rpcUrl } = JSON.parse(readFileSync(ready));
  assert.equal((await fetch(rpcUrl, { method: 'GET' })).status, 405);
  parent.kill('SIGKILL');
  // A zombie has ended, too: whoever adopts it may be slow to ask.
  const ended = () => {
    try {
      return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return true;
    }
  };
  await until(ended, 'the network to end');
  rmSync(folder, { recursive: true });
});

test('ledgers close on demand for as long as that is asked for', { timeout: 60_000 }, async () => {
  const net = await new Localnet(['--ledger-ms', '3600000']).start();
  const pace = (onDemand) => net.post('/pace', { onDemand });
  const sequence = async () => (await net.server.getLatestLedger()).sequence;
  assert.deepEqual(await pace(true), { status: 200, body: { onDemand: true } });
  const payer = await net.fund();
  const create = async () =>
    net.classic(payer, [
      Operation.createAccount({ destination: Keypair.random().publicKey(), startingBalance: '5' }),
    ]);
  assert.equal((await net.send(await create())).status, 'SUCCESS');

  // Neither questions nor the end of it close any.
  const before = await sequence();
  assert.deepEqual(await pace(false), { status: 200, body: { onDemand: false } });
  const waits = await net.server.sendTransaction(await create());
  assert.equal(waits.status, 'PENDING');
  assert.equal((await net.server.getTransaction(waits.hash)).status, 'NOT_FOUND');
  assert.equal(await sequence(), before);

  // What waits when it is asked for again need not wait longer.
  await pace(true);
  assert.equal((await net.wait(waits.hash)).status, 'SUCCESS');
  assert.equal(await sequence(), before + 1);

  assert.equal((await net.post('/pace', {})).status, 400);
  assert.equal((await net.post('/pace', 'x')).status, 400);
  const fromAPage = { method: 'POST', body: '{"onDemand":true}', headers: { origin: 'http://example.com' } };
  assert.equal((await fetch(`${net.rpcUrl}/pace`, fromAPage)).status, 403);
  await net.remove();
});

test('who closes ledgers by hand cannot have them closed on demand', async () => {
  const net = await new Localnet(['--manual']).start();
  assert.equal((await net.post('/pace', { onDemand: true })).status, 409);
  await net.remove();
});

test('a full disk ends it with an error, and what was closed stays', { timeout: 60_000 }, async () => {
  const net = await new Localnet(['--ledger-ms', '20']).start();
  await net.end();
  // The file may not grow beyond two megabytes.
  const blocks = (2 << 20) / 512;
  const limited = `ulimit -f ${blocks}; trap "" XFSZ; exec "$0" "$@"`;
  await net.start(['sh', '-c', limited]);
  const funded = [];
  const fund = async () => {
    for (;;) {
      const key = Keypair.random().publicKey();
      const answer = await fetch(`${net.friendbotUrl}?addr=${key}`).catch(() => undefined);
      if (!answer?.ok) return;
      funded.push(key);
    }
  };
  await Promise.all(Array.from({ length: 50 }, fund));
  const [code] = await net.exited;
  assert.equal(code, 1);
  assert.match(net.log, /ledger store/);
  await net.start();
  assert.ok(funded.length > 0);
  for (const key of funded) await net.server.getAccount(key);
  await net.remove();
});
