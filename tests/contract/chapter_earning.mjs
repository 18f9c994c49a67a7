// An account is opened, commands are refused, and rides become points.
import { Key, commandType, hex } from './alliance.mjs';
import { verify } from './receipt.mjs';

const day = 86_400_000;

async function openAccount(stage) {
  const { holder, keys } = stage;
  const proven = [holder.key.public.toString('base64')];
  const body = { account: holder.account, kind: 'user', keys: proven, owner: null };
  const path = '/v1/accounts';
  const both = [keys.wallet, holder.key];
  await stage.send(`${path}?dry_run=true`, 'account.open', body, both);
  await stage.send(`${path}?dry_run=true`, 'account.open', body, []);
  await stage.refuse(path, 'account.open', body, [keys.wallet], 422, 'key_not_proven');
  const opened = await stage.send(`${path}?until=certified&wait=10`, 'account.open', body, both);
  verify(opened.json.receipt, stage.policy);
  const fresh = { ...body, account: hex(16) };
  await stage.refuse(path, 'account.open', body, both, 409, 'account_exists');
  await stage.refuse(path, 'account.open', fresh, both, 409, 'key_exists');
  await stage.refuse(
    path,
    'account.open',
    { ...fresh, keys: [] },
    [keys.verico],
    403,
    'role_missing',
  );
  return opened;
}

// The same bytes again; and every way in which a payload can be wrong.
async function refusePayloads(stage, opened) {
  const path = '/v1/commands';
  const { metro, wallet } = stage.keys;
  const again = await stage.post('/v1/accounts', opened.envelope, { status: 201 });
  if (again.headers.get('tanji-replayed') !== 'true' || !again.json.replayed) {
    stage.complaints.add('a replay', again.text.slice(0, 300));
  }
  const body = { account: hex(16), kind: 'user', keys: [], owner: null };
  const open = (keys, status, code, changes) =>
    stage.refuse(path, 'account.open', body, keys, status, code, changes);
  await open([wallet], 409, 'id_reused', { id: opened.id });
  await open([wallet, Key.fresh()], 403, 'key_unknown');
  await open([wallet], 422, 'command_expired', { not_after: Date.now() - 1 });
  await open([wallet], 422, 'not_after_too_far', { not_after: Date.now() + 400 * day });
  await open([wallet], 422, 'wrong_ledger', { ledger: hex(32) });
  await open([metro], 200);
  const wrong = (type, changes, status, code, where = path) =>
    stage.refuse(where, type, { ...body, ...changes }, [wallet], status, code);
  await wrong('account.open', {}, 422, 'path_mismatch', '/v1/redemptions');
  await wrong('account.rename', {}, 400, 'command_type_unknown');
  await wrong('account.open', { kind: 'ghost' }, 400, 'command_malformed');
  await wrong('account.open', { extra: 1 }, 400, 'command_malformed');
}

// The same of envelopes; prism would refuse most of them itself.
async function refuseEnvelopes(stage) {
  const { alliance, node: caller } = stage;
  const path = '/v1/commands';
  const body = { account: hex(16), kind: 'user', keys: [], owner: null };
  const good = alliance.payload('account.open', body);
  const envelope = JSON.parse(alliance.envelope(good, [stage.keys.wallet]));
  const [signature] = envelope.signatures;
  const nothing = { ...signature, sig: Buffer.alloc(64).toString('base64') };
  const wrong = (changes, status, code, options = {}) =>
    stage.post(path, JSON.stringify({ ...envelope, ...changes }), {
      caller,
      status,
      code,
      ...options,
    });
  await wrong({ signatures: [] }, 403, 'signature_missing');
  await wrong({ signatures: [nothing] }, 403, 'signature_invalid');
  await wrong({ payloadType: 'text/plain' }, 400, 'payload_type_unknown');
  await wrong({ payload: '!' }, 400, 'command_malformed');
  await wrong({}, 415, 'unsupported_media_type', { type: 'text/plain' });
  await wrong({ padding: 'x'.repeat(70_000) }, 413, 'too_large');
  const other = { headers: { 'Idempotency-Key': hex(16) } };
  await wrong({}, 400, 'idempotency_key_mismatch', other);
  const headers = { 'Tanji-Signature': alliance.detachedSignature(good, [stage.keys.wallet]) };
  await stage.post(path, good, { caller, headers, type: commandType });
  await stage.post(path, good, { caller, headers, type: 'application/json; charset=utf-8' });
  const line = alliance.envelope(alliance.payload('account.open', { ...body, account: hex(16) }), [
    stage.keys.wallet,
  ]);
  await stage.post(path, `${line}\n{}\n`, { caller, type: 'application/x-ndjson' });
}

// A batch of one ride, uploaded twice and attested; gives its id.
async function earn(stage, metres) {
  const { alliance, keys, node: caller } = stage;
  const [header, record] = await alliance.ride(stage.holder.account, metres);
  const payload = alliance.payload('activity.submit', header);
  const { id } = JSON.parse(payload);
  const upload = `${alliance.envelope(payload, [keys.metro])}\n${record}\n`;
  const type = 'application/x-ndjson';
  await stage.post('/v1/activities', upload, { caller, type, status: 201 });
  await stage.post('/v1/activities', upload, { caller, type, status: 201 });
  stage.applied.push(id);
  const wrong = alliance.payload('activity.submit', { ...header, records_root: hex(32) });
  const broken = `${alliance.envelope(wrong, [keys.metro])}\n${record}\n`;
  await stage.post('/v1/activities', broken, {
    caller,
    type,
    status: 422,
    code: 'records_root_mismatch',
  });

  const path = `/v1/activities/${id}/attest`;
  const verdict = alliance.attestation(id);
  await stage.refuse(path, 'activity.attest', verdict, [keys.metro], 403, 'role_missing');
  await stage.send(path, 'activity.attest', verdict, [keys.verico], { status: 200 });
  await stage.refuse(path, 'activity.attest', verdict, [keys.verico], 409, 'batch_state');
  return id;
}

async function readBatch(stage, batch) {
  const bearer = stage.alliance.token('metro');
  const headers = { 'Tanji-Purpose': 'test of the contract' };
  const direct = { caller: stage.node, headers };
  for (const part of ['sample?count=1', 'conflicts', 'records', 'allocations']) {
    await stage.get(`/v1/activities/${batch}/${part}`, { bearer, headers });
  }
  await stage.get(`/v1/records/${batch}/0`, { bearer, headers });
  await stage.get(`/v1/records/${batch}/0/proof`);
  await stage.get(`/v1/records/${batch}/0/result-proof`, { bearer, headers });
  const texts = { ...headers, Accept: 'application/x-ndjson' };
  const records = `/v1/activities/${batch}/records`;
  await stage.get(records, { ...direct, bearer, headers: texts });
  await stage.get(records, { ...direct, status: 401, code: 'authentication_required' });
  const stranger = stage.alliance.token('ev');
  await stage.get(records, { ...direct, bearer: stranger, status: 403, code: 'forbidden' });
}

async function readAccount(stage) {
  const bearer = stage.grant();
  const path = `/v1/accounts/${stage.holder.account}`;
  for (const part of [
    '',
    '/history',
    '/history?type=activity.attest',
    '/lots',
    '/holds',
    '/records',
  ]) {
    await stage.get(path + part, { bearer });
  }
  await stage.get(path, { bearer: stage.alliance.token('wallet') });
  const refuse = (credential, status, code) =>
    stage.get(path, { caller: stage.node, bearer: credential, status, code });
  await refuse(undefined, 401, 'authentication_required');
  await refuse('tm1.00000000.AAAA', 401, 'token_invalid');
  await refuse('tg1.AAAA.BBBB', 401, 'grant_invalid');
  await refuse(stage.grant(['account'], Date.now() - 1), 401, 'grant_expired');
  await refuse(stage.grant(['history']), 403, 'forbidden');
  await refuse(stage.alliance.token('ev'), 403, 'forbidden');
}

export async function earnPoints(stage) {
  const opened = await openAccount(stage);
  await refusePayloads(stage, opened);
  await refuseEnvelopes(stage);
  const batch = await earn(stage, 60_000);
  await readBatch(stage, batch);
  stage.falseBatch = await earn(stage, 190_000);
  await readAccount(stage);
}
