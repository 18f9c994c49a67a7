#!/usr/bin/env node
// A wallet: opens an account, sees points arrive, redeems them and verifies the receipts offline.
//     wallet.mjs NODE_URL OPERATOR_KEY POLICY OFFER
// Written from openapi.json and the README; tells each step as a line of JSON. It has two
// helpers: signing.mjs makes keys, commands and read grants, receipt.mjs verifies (tweetnacl).
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, verify } from './receipt.mjs';
import { freshId, freshKey, keyOfPem, signCommand, signGrant } from './signing.mjs';

const [node, operatorFile, policyFile, offer] = process.argv.slice(2);
const policy = readFileSync(policyFile, 'utf8');
const tell = (step) => console.log(JSON.stringify(step));

async function ask(path, options) {
  for (;;) { // what is retryable is asked again with the same bytes: ids make that safe
    const response = await fetch(node + path, options);
    const reply = await response.json();
    if (response.ok) return reply;
    must(reply.retryable, `${response.status} ${reply.code}: ${reply.detail}`);
    await sleep(1000 * (reply.retry_after_s ?? 1));
  }
}
const { ledger } = await ask('/v1/ledger');
const send = (path, type, body, ...keys) => {
  const command = signCommand(ledger, type, body, keys);
  const headers = { 'Content-Type': 'application/json' };
  return ask(`${path}?until=certified`, { method: 'POST', headers, body: command });
};

const operator = keyOfPem(readFileSync(operatorFile, 'utf8'));
const me = freshKey();
const account = freshId();
const opening = { account, kind: 'user', keys: [me.public], owner: null };
const opened = await send('/v1/accounts', 'account.open', opening, operator, me);
tell({ opened: account, cosigned: verify(opened.receipt, policy).cosigners });

const grant = () => signGrant(ledger, account, ['account'], me); // good for ten minutes
const read = (path) => ask(path, { headers: { Authorization: `Bearer ${grant()}` } });
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
tell({ confirmed: leaf.id, cosigned: leaf.cosigners, points: await available(), receipt });
