#!/usr/bin/env node
// A wallet: opens an account, sees points arrive, redeems them and verifies the receipts offline.
//     wallet.mjs NODE_URL OPERATOR_KEY POLICY OFFER
// Written from openapi.json and the README; tells each step as a line of JSON.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import nacl from 'tweetnacl';
import { bytes, must, sha256, verify } from './receipt.mjs';

const [node, operatorKey, policyFile, offer] = process.argv.slice(2);
const tell = (step) => console.log(JSON.stringify(step));
const base64 = (data, alphabet = 'base64') => Buffer.from(data).toString(alphabet);

function keyOf(seed) {
  const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(seed);
  const id = sha256('tanji/key@v1\n', [1], publicKey).toString('hex', 0, 16);
  const sign = (type, payload) => nacl.sign.detached(
    Buffer.from(`DSSEv1 ${type.length} ${type} ${Buffer.byteLength(payload)} ${payload}`),
    secretKey,
  );
  return { id, publicKey, sign };
}

async function ask(path, options) {
  for (;;) { // what is retryable is asked again with the same bytes: ids make that safe
    const response = await fetch(node + path, options);
    const reply = await response.json();
    if (response.ok) return reply;
    must(reply.retryable, `${response.status} ${reply.code}: ${reply.detail}`);
    await sleep(1000 * (reply.retry_after_s ?? 1));
  }
}

const commandType = 'application/vnd.tanji.command+json';
async function send(path, type, body, ...keys) {
  const [id, salt] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const command = { type, v: 1, ledger, id, not_after: Date.now() + 600_000, salt, body };
  const payload = JSON.stringify(command);
  const signed = (key) => ({ keyid: key.id, sig: base64(key.sign(commandType, payload)) });
  const signatures = keys.map(signed);
  const envelope = { payloadType: commandType, payload: base64(payload), signatures };
  const options = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
  return ask(`${path}?until=certified`, { ...options, body: JSON.stringify(envelope) });
}

const policy = readFileSync(policyFile, 'utf8');
const { ledger } = await ask('/v1/ledger');
const pem = readFileSync(operatorKey, 'utf8').replace(/-----.*-----/g, '');
const operator = keyOf(bytes(pem).subarray(-32));
const me = keyOf(randomBytes(32));
const account = randomBytes(16).toString('hex');
const opening = { account, kind: 'user', keys: [base64(me.publicKey)], owner: null };
const opened = await send('/v1/accounts', 'account.open', opening, operator, me);
tell({ opened: account, cosigned: verify(opened.receipt, policy).cosigners });

const read = (path) => { // with a grant of ten minutes
  const not_after = Date.now() + 600_000;
  const grant = JSON.stringify({ ledger, account, scope: ['account'], not_after });
  const signature = base64(me.sign('application/vnd.tanji.read-grant+json', grant), 'base64url');
  const bearer = `tg1.${base64(grant, 'base64url')}.${me.id}.${signature}`;
  return ask(path, { headers: { Authorization: `Bearer ${bearer}` } });
};
const { price, programme } = await ask(`/v1/offers/${offer}`);
const available = async () => {
  const { points } = await read(`/v1/accounts/${account}`);
  return points.find((each) => each.programme === programme)?.available ?? '0';
};
while (BigInt(await available()) < BigInt(price)) await sleep(200);
tell({ points: await available(), programme });

const reserve = { account, offer, quantity: 1, points: price, hold_s: 900, instruction: null };
const reserved = await send('/v1/redemptions', 'redemption.reserve', reserve, me);
tell({ reserved: reserved.result.id, cosigned: verify(reserved.receipt, policy).cosigners });
let redemption;
do {
  await sleep(200);
  redemption = await read(`/v1/redemptions/${reserved.result.id}`);
} while (redemption.voucher?.release !== 'released');
const receipt = await ask(`/v1/commands/${redemption.steps.at(-1).command}/receipt`);
const leaf = verify(receipt, policy);
must(leaf.type === 'redemption.confirm' && leaf.outcome === 'applied', 'not a confirmation');
const { cosigners: cosigned, id: confirmed } = leaf;
tell({ confirmed, cosigned, points: await available(), receipt });
