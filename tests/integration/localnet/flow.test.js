// The whole way of a contract through the unmodified SDK, and what a restart must keep.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as sdk from '@stellar/stellar-sdk';
import { Localnet, wasm } from './harness.js';

const { Address, Asset, Operation, nativeToScVal, scValToNative } = sdk;
const xlm = 10_000_000n;

describe('the SDK against the local network', () => {
  let net, operator, viewer, token, router, meter, lastHash;

  before(async () => {
    net = await new Localnet(['--ledger-ms', '200']).start();
  });
  after(() => net.remove());

  const upload = async (name) => {
    const done = await net.invoke(operator, Operation.uploadContractWasm({ wasm: wasm(name) }));
    return scValToNative(done.returnValue);
  };

  const settled = async (assembled) => {
    const sent = await assembled.signAndSend();
    assert.equal(sent.getTransactionResponse.status, 'SUCCESS');
    return sent;
  };

  test('says who it is', async () => {
    assert.equal((await net.server.getHealth()).status, 'healthy');
    const network = await net.server.getNetwork();
    assert.equal(network.passphrase, 'Standalone Network ; February 2017');
    assert.equal(String(network.protocolVersion), '29');
    assert.match((await net.server.getLatestLedger()).id, /^[0-9a-f]{64}$/);
    assert.equal((await net.server.getFeeStats()).sorobanInclusionFee.p50, '100');
    assert.match((await net.server.getVersionInfo()).version, /paytick-localnet/);
  });

  test('friendbot creates accounts, many at a time, each once', async () => {
    const keys = Array.from({ length: 20 }, () => sdk.Keypair.random());
    await Promise.all(keys.map((key) => net.fund(key)));
    [operator, viewer] = keys;
    const account = await net.server.getAccountEntry(viewer.publicKey());
    assert.equal(BigInt(account.balance), 10_000n * xlm);
    const again = await net.post(`/friendbot?addr=${viewer.publicKey()}`);
    assert.equal(again.status, 400);
    assert.match(again.body.detail, /createAccountAlreadyExist/);
    await net.server.requestAirdrop(viewer.publicKey());
    const fresh = sdk.Keypair.random().publicKey();
    assert.equal((await net.server.requestAirdrop(fresh)).accountId(), fresh);
  });

  test('lumens are a contract, with the id that the SDK computes', async () => {
    const operation = Operation.createStellarAssetContract({ asset: Asset.native() });
    token = scValToNative((await net.invoke(operator, operation)).returnValue);
    assert.equal(token, Asset.native().contractId(net.networkPassphrase));
  });

  test('code is uploaded, and a contract created with its constructor', async () => {
    const [meterHash, routerHash] = [await upload('meter'), await upload('router')];
    const who = new Address(operator.publicKey()).toScVal();
    const i128 = (value) => nativeToScVal(value, { type: 'i128' });
    const operation = Operation.createCustomContract({
      address: new Address(operator.publicKey()),
      wasmHash: routerHash,
      constructorArgs: [
        who, who, new Address(token).toScVal(), who, who,
        nativeToScVal(3000, { type: 'u32' }), nativeToScVal(meterHash, { type: 'bytes' }),
        i128(100n * xlm), nativeToScVal(60n, { type: 'u64' }),
      ],
    });
    router = scValToNative((await net.invoke(operator, operation)).returnValue);
    const client = await net.client(router, operator);
    const sent = await settled(await client.deploy_meter({ viewer: viewer.publicKey() }));
    meter = sent.result;
    assert.match(meter, /^C/);
  });

  test('another account authorizes, the operator pays', async () => {
    const client = await net.client(meter, operator);
    const assembled = await client.deposit({ from: viewer.publicKey(), amount: 5n * xlm });
    assert.deepEqual(await assembled.needsNonInvokerSigningBy(), [viewer.publicKey()]);
    const signer = sdk.contract.basicNodeSigner(viewer, net.networkPassphrase);
    await assembled.signAuthEntries({ address: viewer.publicKey(), ...signer });
    const sent = await settled(assembled);
    lastHash = sent.sendTransactionResponse.hash;
    assert.equal((await client.balance()).result, 5n * xlm);
    const left = BigInt((await net.server.getAccountEntry(viewer.publicKey())).balance);
    assert.equal(left, 10_000n * xlm - 5n * xlm);
  });

  test('an authorization signed with another key is refused', async () => {
    const amount = nativeToScVal(xlm, { type: 'i128' });
    const deposit = (auth) =>
      Operation.invokeContractFunction({
        contract: meter,
        function: 'deposit',
        args: [new Address(viewer.publicKey()).toScVal(), amount],
        auth,
      });
    const simulate = async (auth) =>
      net.server.simulateTransaction(await net.classic(operator, [deposit(auth)]));
    const [entry] = (await simulate([])).result.auth;
    const signed = (key) =>
      sdk.authorizeEntry(entry, key, 1_000_000, net.networkPassphrase);
    assert.equal((await simulate([await signed(viewer)])).error, undefined);
    const thief = sdk.Keypair.random();
    const forger = async (preimage) => ({
      signature: thief.sign(sdk.hash(preimage.toXdr('raw'))),
      publicKey: thief.publicKey(),
    });
    const forged = await sdk.authorizeEntry(entry, forger, 1_000_000, net.networkPassphrase);
    assert.match((await simulate([forged])).error, /Auth/);
  });

  test('events are read by pages, by filter, and by a cursor that follows', async () => {
    const startLedger = (await net.server.getHealth()).oldestLedger;
    const all = await net.server.getEvents({ startLedger, filters: [], limit: 1000 });
    const ids = all.events.map((event) => event.id);
    assert.ok(ids.length >= 3);
    assert.deepEqual(ids, [...ids].sort());
    const paged = [];
    let request = { startLedger, filters: [], limit: 1 };
    for (;;) {
      const page = await net.server.getEvents(request);
      if (page.events.length === 0) break;
      paged.push(page.events[0].id);
      request = { cursor: page.cursor, filters: [], limit: 1 };
    }
    assert.deepEqual(paged, ids);
    const transfer = nativeToScVal('transfer', { type: 'symbol' }).toXdr('base64');
    const to = new Address(meter).toScVal().toXdr('base64');
    const filters = [{ type: 'contract', contractIds: [token], topics: [[transfer, '*', to, '**']] }];
    const transfers = await net.server.getEvents({ startLedger, filters });
    assert.equal(transfers.events.length, 1);
    assert.equal(scValToNative(transfers.events[0].value), 5n * xlm);
    assert.equal(transfers.events[0].txHash, lastHash);
  });

  test('everything is as it was after SIGTERM and after SIGKILL', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      const startLedger = (await net.server.getHealth()).oldestLedger;
      const events = await net.server.getEvents({ startLedger, filters: [], limit: 1000 });
      const before = (await net.server.getLatestLedger()).sequence;
      const [code] = await net.end(signal);
      assert.equal(code, signal === 'SIGTERM' ? 0 : null);
      await net.start();
      assert.ok((await net.server.getLatestLedger()).sequence >= before);
      assert.equal((await net.server.getTransaction(lastHash)).status, 'SUCCESS');
      const same = await net.server.getEvents({ startLedger, filters: [], limit: 1000 });
      assert.deepEqual(same.events.map((event) => event.id), events.events.map((event) => event.id));
      const client = await net.client(meter, operator);
      assert.equal((await client.balance()).result, 5n * xlm);
    }
    const client = await net.client(router, operator);
    await settled(await client.deploy_meter({ viewer: operator.publicKey() }));
  });
});
