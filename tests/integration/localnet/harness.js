// Starts paytick-localnet on a free port, and does with the unmodified SDK what tests repeat.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as sdk from '@stellar/stellar-sdk';

const root = fileURLToPath(new URL('../../..', import.meta.url));
export const program =
  process.env.PAYTICK_LOCALNET ?? join(root, 'build/release/paytick-localnet');
const startDeadlineMs = 30_000;

export const wasm = (name) => readFileSync(join(root, 'contracts/wasm', `${name}.wasm`));

export const hashOf = (transaction) => Buffer.from(transaction.hash()).toString('hex');

export async function until(condition, what, deadlineMs = 20_000) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class Localnet {
  constructor(options = []) {
    this.options = options;
    this.folder = mkdtempSync(join(tmpdir(), 'paytick-localnet-'));
  }

  // `wrapper` is a command that runs the one that follows it.
  async start(wrapper = []) {
    const ready = join(this.folder, 'ready.json');
    rmSync(ready, { force: true });
    const [command, ...before] = [...wrapper, program];
    this.process = spawn(
      command,
      [...before, '--data', join(this.folder, 'data'), '--ready-file', ready, '--exit-with-parent', ...this.options],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.log = '';
    this.process.stderr.on('data', (text) => (this.log += text));
    this.exited = once(this.process, 'exit');
    await until(
      () => {
        if (this.process.exitCode !== null) throw new Error(`it has ended: ${this.log}`);
        return existsSync(ready);
      },
      'the ready file',
      startDeadlineMs,
    );
    Object.assign(this, JSON.parse(readFileSync(ready)));
    this.server = new sdk.rpc.Server(this.rpcUrl, { allowHttp: true });
    return this;
  }

  // Resolves to [exit code, signal].
  async end(signal = 'SIGTERM') {
    this.process.kill(signal);
    return this.exited;
  }

  async remove() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.end();
    rmSync(this.folder, { recursive: true });
  }

  async post(path, body, method = 'POST') {
    const answer = await fetch(this.rpcUrl + path, {
      method,
      body: typeof body === 'string' ? body : body && JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }

  async call(method, params) {
    return (await this.post('/', { jsonrpc: '2.0', id: 1, method, params })).body;
  }

  fault(order) {
    return this.post('/faults', order);
  }

  async fund(key = sdk.Keypair.random()) {
    await this.server.fundAddress(key.publicKey());
    return key;
  }

  // Builds and signs a classic transaction.
  async classic(key, operations, options = {}) {
    const account = options.account ?? (await this.server.getAccount(key.publicKey()));
    const builder = new sdk.TransactionBuilder(account, {
      fee: '100',
      networkPassphrase: this.networkPassphrase,
      ...options,
    });
    operations.forEach((operation) => builder.addOperation(operation));
    if (options.timebounds === undefined) builder.setTimeout(60);
    const transaction = builder.build();
    transaction.sign(key, ...(options.signers ?? []));
    return transaction;
  }

  // Simulates, assembles and signs a Soroban transaction.
  async soroban(key, operation) {
    const account = await this.server.getAccount(key.publicKey());
    const transaction = new sdk.TransactionBuilder(account, {
      fee: '100',
      networkPassphrase: this.networkPassphrase,
    })
      .addOperation(operation)
      .setTimeout(60)
      .build();
    const prepared = await this.server.prepareTransaction(transaction);
    prepared.sign(key);
    return prepared;
  }

  async send(transaction) {
    const sent = await this.server.sendTransaction(transaction);
    if (sent.status !== 'PENDING') throw new Error(`sent: ${JSON.stringify(sent)}`);
    return this.wait(sent.hash);
  }

  wait(hash) {
    return until(async () => {
      const found = await this.server.getTransaction(hash);
      return found.status !== 'NOT_FOUND' && found;
    }, `transaction ${hash}`);
  }

  async invoke(key, operation) {
    const done = await this.send(await this.soroban(key, operation));
    if (done.status !== 'SUCCESS') throw new Error(`${done.status}: ${this.log}`);
    return done;
  }

  client(contractId, key) {
    return sdk.contract.Client.from({
      contractId,
      rpcUrl: this.rpcUrl,
      networkPassphrase: this.networkPassphrase,
      allowHttp: true,
      publicKey: key.publicKey(),
      ...sdk.contract.basicNodeSigner(key, this.networkPassphrase),
    });
  }
}
