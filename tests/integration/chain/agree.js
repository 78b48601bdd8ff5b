// XDR, hashes and signatures of src/chain agree with the JavaScript SDK on random values, both ways.
//   node agree.js PROGRAM [SEED] [N]
// Values are drawn from the SDK's own description of the protocol, so nothing here repeats src/chain's tables.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { spawnSync } from 'node:child_process';

const require = createRequire(new URL('../localnet/', import.meta.url));
const sdk = require('@stellar/stellar-sdk');
const { xdr, Keypair, TransactionBuilder, authorizeEntry, Asset, Address, hash } = sdk;

const [program, seedText = '1', countText = '300'] = process.argv.slice(2);
const count = Number(countText);
const PASSPHRASES = ['Standalone Network ; February 2017', 'Test SDF Network ; September 2015', 'ünïcode'];

// --- randomness from a seed -------------------------------------------------------------------------------------
let counter = 0;
let pool = Buffer.alloc(0);
function randomBytes(n) {
  while (pool.length < n)
    pool = Buffer.concat([pool, createHash('sha256').update(`${seedText}:${counter++}`).digest()]);
  const out = pool.subarray(0, n);
  pool = pool.subarray(n);
  return Buffer.from(out);
}
const below = (n) => randomBytes(6).readUIntBE(0, 6) % n;
const pick = (list) => list[below(list.length)];

// --- random bytes of a schema -----------------------------------------------------------------------------------
// What paytick does not send and need not read.
const LEDGER = ['account', 'trustline', 'contractData', 'contractCode', 'ttl'];
const OPERATIONS = ['createAccount', 'payment', 'invokeHostFunction', 'extendFootprintTtl', 'restoreFootprint'];
const KNOWN = {
  LedgerEntryData: (arm) => LEDGER.includes(arm.name),
  LedgerKey: (arm) => LEDGER.includes(arm.name),
  OperationBody: (arm) => OPERATIONS.includes(arm.name),
  OperationResultTr: (arm) => OPERATIONS.includes(arm.name),
  SorobanCredentials: (arm) => !/delegates/i.test(arm.name),
  ContractExecutable: (arm) => arm.discriminant <= 1,
  TransactionEnvelope: (arm) => arm.discriminant === 2,
  TransactionMeta: (arm) => arm.discriminant >= 3,
  TransactionResultResult: (arm) => ![1, -13].includes(arm.discriminant),
};
const u32 = (v) => { const b = Buffer.alloc(4); b.writeInt32BE(v | 0); return b; };
const padded = (b) => Buffer.concat([b, Buffer.alloc((4 - (b.length % 4)) % 4)]);
const PRINTABLE = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_';

function draw(type, depth, inScVal = false) {
  switch (type.kind) {
    case 'void': return Buffer.alloc(0);
    case 'bool': return u32(below(2));
    case 'int32': case 'uint32': return below(4) ? randomBytes(4) : u32(pick([0, 1, -1, 2 ** 31]));
    case 'int64': case 'uint64': return below(4) ? randomBytes(8) : Buffer.from(pick(['00'.repeat(8), 'ff'.repeat(8), '80' + '00'.repeat(7)]), 'hex');
    case 'opaque': return padded(randomBytes(type.length));
    case 'varOpaque': { const b = randomBytes(below(Math.min(type.maxLength ?? 70, 70) + 1)); return Buffer.concat([u32(b.length), padded(b)]); }
    case 'string': {
      const n = below(Math.min(type.maxLength ?? 40, 40) + 1);
      const b = Buffer.from(Array.from({ length: n }, () => pick(PRINTABLE)).join(''));
      return Buffer.concat([u32(b.length), padded(b)]);
    }
    case 'enum': return u32(pick([...type.nameByValue.keys()]));
    case 'option': {
      if (inScVal) return Buffer.concat([u32(1), draw(type.element, depth)]);  // a vector or map is always there
      return depth > 0 && below(2) ? Buffer.concat([u32(1), draw(type.element, depth - 1)]) : u32(0);
    }
    case 'array': {
      const n = depth > 0 ? below(Math.min(type.maxLength ?? 4, 4) + 1) : 0;
      return Buffer.concat([u32(n), ...Array.from({ length: n }, () => draw(type.element, depth - 1))]);
    }
    case 'fixedArray': return Buffer.concat(Array.from({ length: type.length }, () => draw(type.element, depth)));
    case 'lazy': return draw(type.getSchema(), depth, inScVal);
    case 'field': return draw(type.schema, depth, inScVal);
    case 'struct': return Buffer.concat(type.entries.map(([, part]) => draw(part, depth)));
    case 'union': {
      let arms = type.cases.filter(KNOWN[type.name] ?? (() => true));
      // At the bottom a value must not nest further.
      if (depth <= 0 && type.name === 'ScVal') arms = arms.filter((arm) => !/Vec|Map|Instance$/.test(arm.name));
      const arm = pick(arms);
      return Buffer.concat([u32(arm.discriminant), draw(arm.arm, depth - 1, type.name === 'ScVal' && /Vec|Map/.test(arm.name))]);
    }
    default: throw new Error(`unknown kind of type: ${type.kind}`);
  }
}
const randomOf = (name, depth = 1 + below(6)) => draw(xdr[name].schema, depth);
const bytesOf = (value) => Buffer.from(value.toXdr ? value.toXdr() : value.toXDR());
const parse = (name, bytes) => (xdr[name].fromXdr ?? xdr[name].fromXDR).call(xdr[name], bytes);

// --- the other side ---------------------------------------------------------------------------------------------
function ask(lines) {
  const run = spawnSync(program, { input: lines.map((line) => line + '\n').join(''), encoding: 'utf8', maxBuffer: 1 << 30 });
  assert.equal(run.status, 0, `${program} ended with ${run.status}: ${run.stderr}`);
  return run.stdout.trimEnd().split('\n');
}
const base64 = (b) => Buffer.from(b).toString('base64');
const keypair = () => Keypair.fromRawEd25519Seed(randomBytes(32));

const TYPES = ['ScVal', 'LedgerKey', 'LedgerEntry', 'LedgerEntryData', 'TransactionEnvelope', 'Transaction',
  'SorobanTransactionData', 'SorobanAuthorizationEntry', 'HostFunction', 'Operation', 'TransactionResult',
  'TransactionMeta', 'ContractEvent', 'DiagnosticEvent'];

function structures() {
  const cases = [];
  for (const name of TYPES)
    for (let i = 0; i < count; ++i) {
      const bytes = randomOf(name);
      assert.deepEqual(bytesOf(parse(name, bytes)), bytes, `the SDK reads ${name} otherwise`);
      cases.push([name, bytes]);
    }
  const answers = ask(cases.map(([name, bytes]) => `${name} ${base64(bytes)}`));
  cases.forEach(([name, bytes], i) => assert.equal(answers[i], base64(bytes), `${name} ${base64(bytes)}`));
  console.log(`${cases.length} values of ${TYPES.length} structures are read and written alike`);
}

function garbage() {
  const lines = [];
  for (let i = 0; i < count * 4; ++i) {
    const name = pick(TYPES);
    const bytes = randomOf(name);
    const kind = below(3);
    if (kind === 0 && bytes.length > 0) bytes[below(bytes.length)] ^= 1 << below(8);
    lines.push([name, kind === 1 ? bytes.subarray(0, below(bytes.length + 1)) : kind === 2 ? randomBytes(below(200)) : bytes]);
  }
  const answers = ask(lines.map(([name, bytes]) => `${name} ${base64(bytes) || '='}`));
  let refused = 0;
  lines.forEach(([name, bytes], i) => {
    if (answers[i] === 'refused') { ++refused; return; }
    assert.equal(answers[i], base64(bytes), `${name} was changed by reading it`);
    assert.deepEqual(bytesOf(parse(name, bytes)), Buffer.from(bytes), `the SDK refuses what was accepted: ${name} ${base64(bytes)}`);
  });
  assert.ok(refused > lines.length / 4);
  console.log(`${lines.length} damaged values: ${refused} refused, none misread`);
}

function signatures() {
  const lines = [], cases = [];
  for (let i = 0; i < count; ++i) {
    const key = keypair(), passphrase = pick(PASSPHRASES);
    const tx = randomOf('Transaction');
    const envelope = Buffer.concat([u32(2), tx, u32(0)]);
    cases.push({ key, passphrase, tx });
    lines.push(`sign ${key.secret()} ${base64(passphrase)} ${base64(envelope)}`);
  }
  ask(lines).forEach((line, i) => {
    const { key, passphrase, tx } = cases[i];
    const [digest, signed] = line.split(' ');
    const expected = hash(Buffer.concat([hash(Buffer.from(passphrase)), u32(2), tx]));
    assert.equal(digest, Buffer.from(expected).toString('hex'));
    const want = Buffer.concat([u32(2), tx, u32(1), Buffer.from(key.signatureHint()), u32(64), Buffer.from(key.sign(expected))]);
    assert.equal(signed, base64(want));
  });
  console.log(`${count} random transactions have the same hash and signature`);
}

function built() {
  const key = keypair();
  const lines = [], cases = [];
  for (let i = 0; i < count; ++i) {
    const passphrase = pick(PASSPHRASES);
    cases.push(passphrase);
    lines.push(`make ${key.secret()} ${base64(passphrase)} ${i}`);
  }
  ask(lines).forEach((line, i) => {
    const [digest, signed] = line.split(' ');
    const tx = TransactionBuilder.fromXDR(signed, cases[i]);
    assert.equal(Buffer.from(tx.hash()).toString('hex'), digest);
    assert.equal(tx.source, key.publicKey());
    assert.equal(tx.signatures.length, 1);
    const again = tx.toEnvelope();
    assert.equal(base64(bytesOf(again)), signed);
    tx.signatures.length = 0;
    tx.sign(key);
    assert.equal(base64(bytesOf(tx.toEnvelope())), signed);
  });
  console.log(`${count} transactions of the builder are the SDK's, to the byte`);
}

async function authorizations() {
  const lines = [], cases = [];
  for (let i = 0; i < count; ++i) {
    const key = keypair(), passphrase = pick(PASSPHRASES), until = 1 + below(2 ** 31);
    const invocation = draw(xdr.SorobanAuthorizedInvocation.schema, 4);
    const address = bytesOf(new Address(key.publicKey()).toScAddress());
    const entry = Buffer.concat([u32(1), address, randomBytes(8), u32(0), u32(1), invocation]);
    const want = await authorizeEntry(parse('SorobanAuthorizationEntry', entry), key, until, passphrase);
    cases.push(base64(bytesOf(want)));
    lines.push(`auth ${key.secret()} ${base64(passphrase)} ${until} ${base64(entry)}`);
  }
  ask(lines).forEach((line, i) => assert.equal(line, cases[i]));
  console.log(`${count} authorization entries are signed alike`);
}

function names() {
  const lines = [], cases = [];
  for (let i = 0; i < count; ++i) {
    const key = keypair(), passphrase = pick(PASSPHRASES);
    lines.push(`account ${key.secret()}`);
    cases.push(`${key.publicKey()} ${key.secret()}`);
    const preimage = Buffer.concat([u32(8), Buffer.from(hash(Buffer.from(passphrase))), u32(0),
      bytesOf(new Address(key.publicKey()).toScAddress()), Buffer.from(hash(Buffer.from(`salt${i}`)))]);
    lines.push(`contract ${base64(passphrase)} ${key.publicKey()} salt${i}`);
    cases.push(`${sdk.StrKey.encodeContract(hash(preimage))} ${Asset.native().contractId(passphrase)}`);
  }
  ask(lines).forEach((line, i) => assert.equal(line, cases[i]));
  console.log(`${count} keys and contract addresses have the same text`);
}

structures();
garbage();
signatures();
built();
await authorizations();
names();
