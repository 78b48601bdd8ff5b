// SIGKILL at random moments under load: what was seen in a closed ledger is never lost.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as sdk from '@stellar/stellar-sdk';
import { hashOf, Localnet } from './harness.js';

const kills = 12;
const { Asset, Keypair, Operation } = sdk;

let net;
before(async () => {
  net = await new Localnet(['--ledger-ms', '20']).start();
});
after(() => net.remove());

test('what was read is still there after SIGKILL', { timeout: 120_000 }, async () => {
  const payers = Array.from({ length: 4 }, () => Keypair.random());
  await Promise.all(payers.map((key) => net.fund(key)));
  const token = Asset.native().contractId(net.networkPassphrase);
  await net.invoke(payers[0], Operation.createStellarAssetContract({ asset: Asset.native() }));
  const applied = new Map();
  let latest = 0;
  for (let round = 0; round < kills; round += 1) {
    let stop = false;
    const load = payers.map(async (key, index) => {
      const to = payers[(index + 1) % payers.length];
      const transfer = Operation.invokeContractFunction({
        contract: token,
        function: 'transfer',
        args: [
          new sdk.Address(key.publicKey()).toScVal(),
          new sdk.Address(to.publicKey()).toScVal(),
          sdk.nativeToScVal(1n, { type: 'i128' }),
        ],
      });
      while (!stop) {
        const transaction = await net.soroban(key, transfer);
        const done = await net.send(transaction);
        applied.set(hashOf(transaction), [done.status, done.ledger, done.applicationOrder]);
        latest = Math.max(latest, done.latestLedger);
      }
    });
    const ended = Promise.allSettled(load);
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 250));
    stop = true;
    await net.end('SIGKILL');
    await ended;
    await net.start();
    assert.ok((await net.server.getLatestLedger()).sequence >= latest);
    const events = new Set();
    const startLedger = (await net.server.getHealth()).oldestLedger;
    const page = await net.server.getEvents({ startLedger, filters: [], limit: 10_000 });
    page.events.forEach((event) => events.add(event.txHash));
    for (const [hash, [status, ledger, order]] of applied) {
      const found = await net.server.getTransaction(hash);
      assert.deepEqual([found.status, found.ledger, found.applicationOrder], [status, ledger, order]);
      assert.equal(events.has(hash), status === 'SUCCESS');
    }
  }
  assert.ok(applied.size >= kills, `only ${applied.size} transactions`);
});
