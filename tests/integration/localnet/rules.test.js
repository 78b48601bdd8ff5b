// The ledger's rules as a client of RPC meets them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as sdk from '@stellar/stellar-sdk';
import { hashOf, Localnet } from './harness.js';

const { Asset, Keypair, Operation } = sdk;
const xlm = 10_000_000n;

describe('rules', () => {
  let net, payer, other;

  before(async () => {
    net = await new Localnet(['--manual']).start();
    payer = await net.fund();
    other = await net.fund();
  });
  after(() => net.remove());

  const balance = async (key) =>
    BigInt((await net.server.getAccountEntry(key.publicKey())).balance);

  const pay = (amount, destination = other, source) =>
    Operation.payment({
      destination: destination.publicKey(),
      asset: Asset.native(),
      amount,
      source: source?.publicKey(),
    });

  // Sends, closes a ledger, and returns what became of it.
  const apply = async (transaction) => {
    const sent = await net.server.sendTransaction(transaction);
    assert.equal(sent.status, 'PENDING', JSON.stringify(sent.errorResult));
    await net.post('/close');
    return net.server.getTransaction(sent.hash);
  };

  const refusal = async (transaction) => {
    const sent = await net.server.sendTransaction(transaction);
    assert.equal(sent.status, 'ERROR');
    assert.ok(sent.diagnosticEvents.length > 0);
    return sent.errorResult.result.type;
  };

  test('a payment moves the amount and charges the fee', async () => {
    const [mine, theirs] = [await balance(payer), await balance(other)];
    const done = await apply(await net.classic(payer, [pay('12.5')]));
    assert.equal(done.status, 'SUCCESS');
    assert.equal(await balance(payer), mine - 125_000_000n - 100n);
    assert.equal(await balance(other), theirs + 125_000_000n);
  });

  test('when one operation fails nothing but the fee is left', async () => {
    const [mine, theirs] = [await balance(payer), await balance(other)];
    const fresh = Keypair.random();
    const operations = [
      Operation.createAccount({ destination: fresh.publicKey(), startingBalance: '5' }),
      pay('1'),
      pay('1', Keypair.random()),
    ];
    const done = await apply(await net.classic(payer, operations));
    assert.equal(done.status, 'FAILED');
    assert.equal(await balance(payer), mine - 300n);
    assert.equal(await balance(other), theirs);
    await assert.rejects(net.server.getAccount(fresh.publicKey()));
  });

  test('an operation acts for its own source, who must sign', async () => {
    const [mine, theirs] = [await balance(payer), await balance(other)];
    const operation = pay('3', payer, other);
    assert.equal(await refusal(await net.classic(payer, [operation])), 'txFailed');
    const signed = await net.classic(payer, [operation], { signers: [other] });
    assert.equal((await apply(signed)).status, 'SUCCESS');
    assert.equal(await balance(payer), mine + 3n * xlm - 100n);
    assert.equal(await balance(other), theirs - 3n * xlm);
  });

  test('sequence numbers, times, fees and signatures are judged when sent', async () => {
    const account = await net.server.getAccount(payer.publicKey());
    const ahead = new sdk.Account(
      payer.publicKey(),
      (BigInt(account.sequenceNumber()) + 5n).toString(),
    );
    const with_ = (options) => net.classic(payer, [pay('1')], options);
    assert.equal(await refusal(await with_({ account: ahead })), 'txBadSeq');
    const late = { timebounds: { minTime: 0, maxTime: 1000 } };
    assert.equal(await refusal(await with_(late)), 'txTooLate');
    const early = { timebounds: { minTime: 4_000_000_000, maxTime: 0 } };
    assert.equal(await refusal(await with_(early)), 'txTooEarly');
    assert.equal(await refusal(await with_({ fee: '99' })), 'txInsufficientFee');
    assert.equal(await refusal(await with_({ signers: [other] })), 'txBadAuthExtra');
    const unsigned = await with_();
    unsigned.signatures.length = 0;
    unsigned.sign(other);
    assert.equal(await refusal(unsigned), 'txBadAuth');
    const nobody = Keypair.random();
    const ghost = new sdk.Account(nobody.publicKey(), '1');
    assert.equal(
      await refusal(await net.classic(nobody, [pay('1')], { account: ghost })),
      'txNoAccount',
    );
  });

  test('what expires while it waits is in no ledger', async () => {
    const { closeTime } = await net.server.getLatestLedger();
    const timebounds = { minTime: 0, maxTime: Number(closeTime) + 10 };
    const transaction = await net.classic(payer, [pay('1')], { timebounds });
    const sent = await net.server.sendTransaction(transaction);
    assert.equal(sent.status, 'PENDING');
    await net.post('/close', { seconds: 11 });
    assert.equal((await net.server.getTransaction(sent.hash)).status, 'NOT_FOUND');
  });

  test('sending again is DUPLICATE, then TRY_AGAIN_LATER, then txBadSeq', async () => {
    const transaction = await net.classic(payer, [pay('1')]);
    const status = async () => (await net.server.sendTransaction(transaction)).status;
    assert.equal(await status(), 'PENDING');
    assert.equal(await status(), 'DUPLICATE');
    const account = await net.server.getAccount(payer.publicKey());
    account.incrementSequenceNumber();
    const second = await net.classic(payer, [pay('2')], { account });
    assert.equal((await net.server.sendTransaction(second)).status, 'TRY_AGAIN_LATER');
    await net.post('/close');
    assert.equal(await status(), 'TRY_AGAIN_LATER');
    await net.post('/close', { ledgers: 10 });
    assert.equal(await refusal(transaction), 'txBadSeq');
  });

  test('a fee bump pays for another', async () => {
    const [mine, theirs] = [await balance(payer), await balance(other)];
    const inner = await net.classic(payer, [pay('1')]);
    const bump = sdk.TransactionBuilder.buildFeeBumpTransaction(
      other, '200', inner, net.networkPassphrase,
    );
    bump.sign(other);
    const done = await apply(bump);
    assert.equal(done.status, 'SUCCESS');
    assert.equal(done.feeBump, true);
    assert.equal(await balance(payer), mine - xlm);
    assert.equal(await balance(other), theirs + xlm - 200n);
    const byInner = await net.server.getTransaction(hashOf(inner));
    assert.equal(byInner.status, 'SUCCESS');
  });

  test('the resource fee that is not used goes back', async () => {
    const before = await balance(payer);
    const operation = Operation.createStellarAssetContract({ asset: Asset.native() });
    const transaction = await net.soroban(payer, operation);
    const done = await apply(transaction);
    const charged = BigInt(done.resultXdr.feeCharged);
    assert.ok(charged < BigInt(transaction.fee));
    assert.equal(await balance(payer), before - charged);
  });

  test('transactions are listed by pages', async () => {
    const startLedger = (await net.server.getHealth()).oldestLedger;
    const all = await net.server.getTransactions({ startLedger, pagination: { limit: 200 } });
    const hashes = all.transactions.map((transaction) => transaction.txHash);
    assert.ok(hashes.length > 5);
    const paged = [];
    let request = { startLedger, pagination: { limit: 2 } };
    for (;;) {
      const page = await net.server.getTransactions(request);
      if (page.transactions.length === 0) break;
      paged.push(...page.transactions.map((transaction) => transaction.txHash));
      request = { pagination: { cursor: page.cursor, limit: 2 } };
    }
    assert.deepEqual(paged, hashes);
  });

  test('history outside of the retention is gone, and it says so', async () => {
    const short = await new Localnet(['--manual', '--retention-ledgers', '20']).start();
    try {
      const key = await short.fund();
      const sent = await short.server.sendTransaction(await short.classic(key, [pay('1')]));
      await short.post('/close');
      assert.notEqual((await short.server.getTransaction(sent.hash)).status, 'NOT_FOUND');
      await short.post('/close', { ledgers: 19 });
      assert.notEqual((await short.server.getTransaction(sent.hash)).status, 'NOT_FOUND');
      await short.post('/close');
      assert.equal((await short.server.getTransaction(sent.hash)).status, 'NOT_FOUND');
      const { latestLedger, oldestLedger } = await short.server.getHealth();
      assert.equal(oldestLedger, latestLedger - 19);
      const early = await short.call('getEvents', { startLedger: 1 });
      assert.match(early.error.message, /within the ledger range/);
    } finally {
      await short.remove();
    }
  });
});
