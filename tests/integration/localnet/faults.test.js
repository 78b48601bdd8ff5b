// What tests of other parts order from the network, and what it answers to rubbish.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { spawnSync } from 'node:child_process';
import * as sdk from '@stellar/stellar-sdk';
import { hashOf, Localnet, until } from './harness.js';

const { Asset, Operation } = sdk;

describe('faults', () => {
  let net, payer, other;

  before(async () => {
    net = await new Localnet(['--manual', '--faults']).start();
    [payer, other] = [await net.fund(), await net.fund()];
  });
  after(() => net.remove());

  const payment = () =>
    net.classic(payer, [
      Operation.payment({
        destination: other.publicKey(), asset: Asset.native(), amount: '1',
      }),
    ]);

  const order = async (fault, more = {}) => {
    const answer = await net.fault({ method: 'sendTransaction', fault, ...more });
    assert.equal(answer.status, 200);
  };

  const status = async (transaction) => {
    await net.post('/close');
    return (await net.server.getTransaction(hashOf(transaction))).status;
  };

  test('apply_drop: applied, and no answer', async () => {
    const transaction = await payment();
    await order('apply_drop');
    await assert.rejects(net.server.sendTransaction(transaction));
    assert.equal(await status(transaction), 'SUCCESS');
  });

  test('go_away and refuse: no answer, not applied', async () => {
    for (const fault of ['go_away', 'refuse']) {
      const transaction = await payment();
      await order(fault);
      await assert.rejects(net.server.sendTransaction(transaction));
      assert.equal(await status(transaction), 'NOT_FOUND');
    }
  });

  test('try_again_later and forget: an answer, not applied', async () => {
    for (const [fault, says] of [['try_again_later', 'TRY_AGAIN_LATER'], ['forget', 'PENDING']]) {
      const transaction = await payment();
      await order(fault);
      const sent = await net.server.sendTransaction(transaction);
      assert.equal(sent.status, says);
      assert.equal(sent.hash, hashOf(transaction));
      assert.equal(await status(transaction), 'NOT_FOUND');
    }
  });

  test('delay: applied while the answer waits', async () => {
    const transaction = await payment();
    await order('delay', { delay_ms: 3_000 });
    let answered = false;
    const sending = net.server.sendTransaction(transaction).then((sent) => {
      answered = true;
      return sent;
    });
    const applied = await until(async () => (await status(transaction)) === 'SUCCESS', 'apply');
    assert.ok(applied && !answered);
    assert.equal((await sending).status, 'PENDING');
  });

  test('faults skip, count, are listed and cleared', async () => {
    await net.fault({ method: 'getHealth', fault: 'refuse', skip: 1, count: 2 });
    const ask = () => net.server.getHealth().then(() => 'ok', () => 'refused');
    const seen = [];
    for (let call = 0; call < 4; call += 1) seen.push(await ask());
    assert.deepEqual(seen, ['ok', 'refused', 'refused', 'ok']);
    await net.fault({ method: '*', fault: 'refuse', count: 100 });
    assert.equal((await net.post('/faults', undefined, 'DELETE')).body.faults.length, 0);
    assert.equal(await ask(), 'ok');
    assert.equal((await net.fault({ method: 'getHealth', fault: 'melt' })).status, 400);
  });

  test('faults need the flag', async () => {
    const plain = await new Localnet(['--manual']).start();
    assert.equal((await plain.fault({ method: '*', fault: 'refuse' })).status, 403);
    await plain.remove();
  });
});

describe('rubbish', () => {
  let net;

  before(async () => {
    net = await new Localnet(['--ledger-ms', '100']).start();
  });
  after(() => net.remove());

  const code = async (body) => (await net.post('/', body)).body.error.code;
  const wrong = async (method, params) => (await net.call(method, params)).error?.code;

  test('what is not JSON-RPC gets its error', async () => {
    assert.equal(await code('{'), -32700);
    assert.equal(await code('"hello"'), -32600);
    assert.equal(await code('{}'), -32600);
    assert.equal(await code({ jsonrpc: '2.0', id: {}, method: 'getHealth' }), -32600);
    assert.equal(await code({ jsonrpc: '2.0', id: 1, method: 'getMoney' }), -32601);
    assert.equal(await code({ jsonrpc: '2.0', id: 1, method: '\u0000hash' }), -32600);
    assert.equal(await code('[]'), -32600);
    assert.equal(await code('['.repeat(200_000)), -32700);
    assert.equal(await code(Array(51).fill({ jsonrpc: '2.0', id: 1, method: 'getHealth' })), -32600);
    assert.equal((await net.post('/', ' '.repeat(3 << 20))).status, 413);
  });

  test('a batch is answered in order', async () => {
    const batch = [1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, method: 'getHealth' }));
    const { body } = await net.post('/', batch);
    assert.deepEqual(body.map((answer) => answer.id), [1, 2, 3]);
  });

  test('wrong parameters get an error', async () => {
    for (const method of ['sendTransaction', 'simulateTransaction']) {
      for (const transaction of [undefined, 7, '', 'AAAA', '%%%', '/'.repeat(100_000)]) {
        assert.equal(await wrong(method, { transaction }), -32602);
      }
    }
    for (const hash of [undefined, 'xyz', '00', 5]) {
      assert.equal(await wrong('getTransaction', { hash }), -32602);
    }
    assert.equal(await wrong('getLedgerEntries', { keys: ['AAAA'] }), -32602);
    assert.equal(await wrong('getLedgerEntries', { keys: Array(201).fill('') }), -32602);
    assert.equal(await wrong('getHealth', [1]), -32602);
    const events = (more) => wrong('getEvents', { startLedger: 1, ...more });
    assert.equal(await events({ pagination: { limit: 10_001 } }), -32602);
    assert.equal(await events({ pagination: { limit: -1 } }), -32602);
    assert.equal(await events({ pagination: { cursor: '1-1' } }), -32602);
    assert.equal(await events({ startLedger: 1e9 }), -32600);
    assert.equal(await events({ startLedger: 0 }), -32600);
    assert.equal(await events({ filters: Array(6).fill({}) }), -32602);
    assert.equal(await events({ filters: [{ contractIds: ['C'] }] }), -32602);
    assert.equal(await events({ filters: [{ topics: [['AAAA', 5]] }] }), -32602);
    assert.equal(await events({ filters: [{ type: 'diagnostic' }] }), -32602);
    assert.equal(await wrong('getEvents', { pagination: { cursor: 'now' } }), -32602);
    for (const address of ['', '?addr=', '?addr=GABC', '?addr=%00']) {
      assert.equal((await net.post(`/friendbot${address}`)).status, 400);
    }
    assert.equal((await net.post('/close', {})).status, 409);
    assert.equal((await net.post('/nowhere', {})).status, 404);
  });

  test('a public passphrase, another passphrase and a second process are refused', async () => {
    const run = (...options) => spawnSync(net.process.spawnfile, options, { timeout: 20_000 });
    const data = `${net.folder}/data`;
    const mainnet = 'Public Global Stellar Network ; September 2015';
    const publicly = run('--data', `${net.folder}/other`, '--passphrase', mainnet);
    assert.equal(publicly.status, 1);
    assert.match(String(publicly.stderr), /public network/);
    assert.equal(run('--data', data).status, 1);
    assert.equal(run('--nonsense').status, 2);
    assert.equal(run('--help').status, 0);
    await net.end();
    const renamed = run('--data', data, '--passphrase', 'Another Network');
    assert.equal(renamed.status, 1);
    assert.match(String(renamed.stderr), /passphrase/);
    await net.start();
  });
});
