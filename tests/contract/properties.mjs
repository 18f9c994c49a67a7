#!/usr/bin/env node
// Random requests against every operation of openapi.json. Whatever comes, the node answers as the
// contract says: never 500, never something undocumented, and always soon.
//     properties.mjs PROGRAMS FOLDER [SEED [OPERATION]]
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Alliance, Key, commandType, hex } from './alliance.mjs';
import { fromSchema, hostileText, mutated, target } from './arbitraries.mjs';
import { Oracle } from './oracle.mjs';

const [programs, folder, seedText, only] = process.argv.slice(2);
const seed = Number(seedText ?? Date.now() % 2 ** 31);
const contract = new URL('../../api/openapi.json', import.meta.url);
const oracle = new Oracle(JSON.parse(readFileSync(contract, 'utf8')));
const alliance = await Alliance.start(programs, folder);
const soonMs = 20_000;

// Objects that exist, by the name of the parameter that wants them.
async function knownObjects() {
  const list = async (path, name) => {
    const reply = await fetch(`${alliance.url}${path}${path.includes('?') ? '&' : '?'}limit=20`, {
      headers: { Authorization: `Bearer ${alliance.token('metro')}` },
    });
    return (await reply.json()).data.map((each) => `${each[name]}`);
  };
  const batches = await list('/v1/activities', 'id');
  const redemptions = await list('/v1/redemptions?merchant=metro', 'id');
  const accounts = alliance.facts.accounts.map((each) => each.account);
  return {
    account: [...accounts, 'metro', 'shop'],
    batch: batches,
    class: await list('/v1/classes', 'class'),
    code: ['out_of_stock', 'internal'],
    id: [...batches, ...redemptions, ...(await list('/v1/retirements', 'id'))],
    index: ['0', '1', '7'],
    leaf: ['0', '1', '7'],
    member: await list('/v1/members', 'member'),
    merchant: ['metro', 'shop'],
    n: ['0', '1', '7'],
    number: ['0', '1'],
    offer: await list('/v1/offers', 'offer'),
    origin: [hex(32)],
    programme: ['green-points', 'ride-points'],
    provider: ['metro', 'ev'],
    ref: [...(await list('/v1/methodologies', 'ref')), ...(await list('/v1/programmes', 'ref'))],
    size: ['1', '2'],
    tile: ['0/000.p/5', 'entries/000.p/3', '0/x001/000', '9/000'],
    types: ['redemption.confirm', 'points.mature,checkpoint.certified'],
  };
}

const known = await knownObjects();
const holders = alliance.facts.accounts.map((each) => ({
  account: each.account,
  class: each.class,
  key: new Key(readFileSync(each.key)),
}));
const members = Object.fromEntries(
  ['ev', 'metro', 'registry', 'shop', 'verico', 'wallet'].map((name) => [name, alliance.key(name)]),
);
const signers = [...Object.values(members), ...holders.map((each) => each.key)];

// A body of each type that could be applied, were it not mutated, and who would have to sign it.
async function templates() {
  const [holder, other] = holders;
  const [redemption] = known.id.slice(known.batch.length);
  const fresh = Key.fresh();
  const spend = { account: holder.account, class: holder.class, amount: '1', instruction: null };
  const document = { scheme: 'sz-ph', document: '{"tanji":"methodology/1"}' };
  const { programme, stock, ...terms } = alliance.offer('random', 5, 9);
  const pack = new URL('../../packs/green-points.json', import.meta.url);
  const green = JSON.parse(readFileSync(pack, 'utf8'));
  const { ev, metro, shop, verico, wallet } = members;
  const governors = Object.values(members);
  const keys = [fresh.public.toString('base64')];
  const revocation = {
    batch: known.batch[0],
    records: [[0, 1]],
    reason: 'other',
    free: false,
    evidence: null,
  };
  const retirement = {
    purpose: 'voluntary',
    beneficiary: 'SYNTHETIC',
    commitment: null,
    statement: '',
    inventory: null,
  };
  const order = {
    account: other.account,
    offer: 'shop.coffee',
    quantity: 1,
    points: '200',
    hold_s: 60,
    instruction: null,
  };
  return {
    'account.open': [{ account: hex(16), kind: 'user', keys, owner: null }, wallet, fresh],
    'activity.attest': [alliance.attestation(known.batch[0]), verico],
    'activity.revoke': [revocation, metro],
    'activity.submit': [(await alliance.ride(holder.account, 500))[0], metro],
    'credit.assign': [
      { ...spend, to: 'metro', purpose: 'assign', consent: null, consideration: null },
      holder.key,
      metro,
    ],
    'credit.cancel': [{ ...spend, account: 'metro', reason: 'obligation' }, metro],
    'credit.retire': [{ ...spend, ...retirement }, holder.key],
    'credit.transfer': [{ ...spend, account: 'metro', to: 'ev', memo: null }, metro],
    'factors.publish': [{ document: document.document }, ...governors],
    'membership.decide': [{ base: 1, nodes: [], promote: [], remove: [99] }, ...governors],
    'methodology.publish': [document, ...governors],
    'offer.close': [{ offer: 'shop.tea' }, shop],
    'offer.publish': [{ ...terms, programme, stock }, shop],
    'offer.restock': [{ offer: 'shop.bag', units: '1' }, shop],
    'offer.revise': [{ ...terms, offer: 'shop.bag' }, shop],
    'programme.publish': [{ ...green, version: 2 }, ...governors],
    'redemption.confirm': [{ redemption, points: '1', voucher: hex(32) }, metro, ev],
    'redemption.refund': [
      { redemption, points: '1', stock: 'return', reason: 'random' },
      metro,
      ev,
    ],
    'redemption.release': [{ redemption, reason: 'random', instruction: null }, metro, ev],
    'redemption.reserve': [order, other.key],
  };
}

const commands = await templates();
const kinds = Object.keys(commands);
const ownKind = (operation) => kinds.find((each) => operation.summary.includes(each));

// A signed command; at a path of its own mostly of that path's type.
function command(operation) {
  const kind = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.constantFrom(...(ownKind(operation) ? [ownKind(operation)] : kinds)),
    },
    fc.constantFrom(...kinds),
  );
  const each = Object.fromEntries(kinds.map((type) => [type, mutated(commands[type][0])]));
  return kind.chain((type) =>
    fc
      .record({
        body: each[type],
        keys: fc.oneof(
          { weight: 3, arbitrary: fc.constant(commands[type].slice(1)) },
          fc.subarray(signers, { maxLength: 4 }),
        ),
        form: fc.constantFrom('envelope', 'envelope', 'envelope', 'detached', 'spoiled', 'lines'),
        at: fc.nat({ max: 200 }),
      })
      .map(({ body, keys, form, at }) => {
        const payload = alliance.payload(type, body);
        const envelope = alliance.envelope(payload, keys);
        switch (form) {
          case 'detached': {
            const signature = alliance.detachedSignature(payload, keys);
            return { type: commandType, body: payload, headers: { 'Tanji-Signature': signature } };
          }
          case 'spoiled':
            return { body: envelope.slice(0, at) + envelope.slice(at + 1) };
          case 'lines':
            return { type: 'application/x-ndjson', body: `${envelope}\n${envelope}\n` };
          default:
            return { body: envelope };
        }
      }),
  );
}

function bodyOf(operation) {
  const content = operation.requestBody?.content;
  if (!content) return fc.constant({});
  const garbage = fc
    .tuple(
      fc.constantFrom(
        'application/json',
        'text/plain',
        'application/x-ndjson',
        ...Object.keys(content),
      ),
      hostileText,
    )
    .map(([type, body]) => ({ type, body }));
  const schema = content['application/json']?.schema;
  const asDescribed = schema
    ? fromSchema(oracle, schema)
        .chain(mutated)
        .map((value) => ({ body: JSON.stringify(value) }))
    : garbage;
  const isCommand = operation.parameters.some(
    (each) => oracle.resolve(each, '')[0].name === 'Tanji-Signature',
  );
  return isCommand
    ? fc.oneof(
        { weight: 8, arbitrary: command(operation) },
        { weight: 1, arbitrary: asDescribed },
        garbage,
      )
    : fc.oneof({ weight: 4, arbitrary: asDescribed }, garbage);
}

const [holder] = holders;
const goodBearers = [
  alliance.token('metro'),
  alliance.token('wallet'),
  alliance.grant(holder.account, holder.key),
];
const bearers = [
  undefined,
  ...goodBearers,
  alliance.grant(holder.account, holder.key, ['history']),
  alliance.grant(holder.account, holder.key, ['account'], 1),
  'tm1.00000000.AAAA',
  'tg1.x.y.z',
  'nonsense',
];
const goodHeaders = { 'Tanji-Purpose': 'random requests' };
const headersOf = fc.record(
  {
    Accept: fc.constantFrom(
      '*/*',
      'application/json',
      'text/plain',
      'text/csv',
      'image/png',
      ';;',
      'application/json;q=0',
    ),
    'Tanji-Min-Index': fc.constantFrom('1', '-1', 'x'),
    'Tanji-Purpose': fc.constantFrom('test', ' ', 'x'.repeat(200)),
    'If-None-Match': fc.constantFrom('*', '"x"', 'W/"5"'),
    'Idempotency-Key': fc.constantFrom(hex(16), 'x'),
  },
  { requiredKeys: [] },
);

// A polite request has good parameters, headers and credential, and so gets further.
function requestTo(operation) {
  const [own] = commands[ownKind(operation)] ?? [{}];
  const named = Object.fromEntries(
    Object.entries({ batch: own.batch, id: own.redemption, offer: own.offer })
      .filter(([, value]) => value)
      .map(([name, value]) => [name, [value]]),
  );
  const body = bodyOf(operation);
  const polite = fc.record({
    path: target(oracle, operation, { ...known, ...named }, true),
    body,
    bearer: fc.constantFrom(...goodBearers),
    headers: fc.constant(goodHeaders),
  });
  const rude = fc.record({
    path: target(oracle, operation, known, false),
    body,
    bearer: fc.constantFrom(...bearers),
    headers: headersOf,
  });
  return fc.oneof(polite, rude);
}

let requests = 0;
async function holds(operation, { path, body: { type, body, headers: own }, bearer, headers }) {
  requests += 1;
  const all = { ...headers, ...own };
  if (body !== undefined) all['Content-Type'] = type ?? 'application/json';
  if (bearer) all.Authorization = `Bearer ${bearer}`;
  const response = await fetch(alliance.url + path, {
    method: operation.method.toUpperCase(),
    body,
    headers: all,
    redirect: 'error',
    signal: AbortSignal.timeout(soonMs),
  });
  const reply = {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  };
  const faults = oracle.faults(operation.method, path, reply);
  if (reply.status >= 500 && !(reply.status === 503 && JSON.parse(reply.text).retryable)) {
    faults.push(reply.text);
  }
  if (faults.length) {
    throw new Error(`${reply.status} ${faults.join('; ')}\n    ${reply.text.slice(0, 400)}`);
  }
}

// What random commands have left behind adds up.
async function pointsAddUp() {
  const summary = await (await fetch(`${alliance.url}/v1/summary`)).json();
  const buckets = ['pending', 'available', 'held', 'frozen', 'redeemed', 'expired', 'revoked'];
  return summary.points.every(
    (each) => buckets.reduce((sum, name) => sum + BigInt(each[name]), 0n) === BigInt(each.awarded),
  );
}

console.log(`properties: seed ${seed}`);
const failures = [];
try {
  for (const operation of oracle.operations.filter((each) => !only || each.operationId === only)) {
    const property = fc.asyncProperty(requestTo(operation), (request) => holds(operation, request));
    const run = await fc.check(property, {
      seed,
      numRuns: operation.method === 'post' ? 30 : 15,
      interruptAfterTimeLimit: soonMs,
    });
    if (run.failed && run.counterexample) {
      failures.push(operation.operationId);
      console.log(
        `properties: ${operation.operationId}: ${run.errorInstance?.message ?? run.error}`,
      );
      console.log(
        `    ${operation.method} ${JSON.stringify(run.counterexample[0]).slice(0, 600)}`,
      );
    }
  }
  const alive = await fetch(`${alliance.url}/readyz`);
  if (alive.status !== 200) failures.push('the node is not ready afterwards');
  if (!(await pointsAddUp())) failures.push('points do not add up afterwards');
} finally {
  await alliance.stop();
}
const done = [...oracle.seen.values()].filter(
  (statuses) => statuses.has(200) || statuses.has(201),
).length;
// Else the requests were too bad to test much.
if (!only && done < oracle.seen.size / 2) failures.push(`only ${done} operations were ever done`);
const verdict = failures.length ? `FAILED: ${failures.join(', ')}` : 'ok';
console.log(
  `properties: ${verdict}, ${requests} requests, ` +
    `${oracle.codes.size} codes, ${done} of ${oracle.seen.size} operations done`,
);
process.exitCode = failures.length ? 1 : 0;
