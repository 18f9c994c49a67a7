// What anybody can read and compute.
import { sha256 } from './alliance.mjs';

async function readEverything(stage) {
  const { size } = (await stage.get('/v1/ledger')).json;
  const batch = await stage.first('/v1/activities', 'id');
  const origin = sha256('tanji.example/demo').toString('hex');
  const objects = [
    ['/v1/classes', 'class'],
    ['/v1/methodologies', 'ref'],
    ['/v1/factors', 'ref'],
    ['/v1/programmes', 'ref'],
    ['/v1/members', 'member'],
    ['/v1/memberships', 'number'],
    ['/v1/offers', 'offer'],
    ['/v1/blocks', 'index'],
    ['/v1/checkpoints', 'size'],
  ];
  for (const [list, name] of objects) {
    await stage.get(`${list}/${await stage.first(list, name)}`);
  }
  for (const path of [
    '/v1',
    '/v1/summary',
    '/v1/evidence',
    '/v1/cluster',
    '/v1/problems',
    '/v1/problems/out_of_stock',
    '/v1/genesis',
    '/v1/openapi.json',
    '/version',
    '/livez',
    '/readyz',
    '/v1/obligations',
    '/v1/schemes',
    '/log/checkpoint',
    '/log/checkpoint/tip',
    '/log/policy',
    '/log/policy?size=1',
    '/log/vkeys',
    '/log/proof/1',
    `/log/consistency?from=1&to=${size}`,
    `/witness/${origin}/checkpoint`,
    '/v1/leaves?from=3&limit=5',
    '/v1/leaves/0',
    '/v1/leaves/3',
    '/v1/leaves/3/receipt',
    `/v1/activities/${batch}`,
    '/v1/activities?provider=metro&state=issued',
    `/v1/records/${batch}/0/proof`,
    '/v1/retirements',
    '/v1/offers?merchant=shop&open=true',
    '/v1/offers?programme=ride-points&consistency=local',
  ]) {
    await stage.get(path);
  }
  for (const path of ['/log/tile/0/000.p/5', '/log/tile/entries/000.p/5']) {
    await stage.get(path, { caller: stage.node });
  }
}

async function readWithCare(stage) {
  const page = (await stage.get('/v1/leaves?limit=2')).json;
  await stage.get(`/v1/leaves?limit=2&cursor=${page.next}`);
  const headers = { 'Tanji-Min-Index': '1', 'Accept-Language': 'en' };
  const etag = (await stage.get('/v1/leaves/3', { headers })).headers.get('etag');
  const cached = { caller: stage.node, status: 304, headers: { 'If-None-Match': etag } };
  await stage.get('/v1/leaves/3', cached);
  const text = { caller: stage.node, headers: { Accept: 'text/plain' } };
  await stage.get('/v1/leaves/3/receipt', text);
}

async function compute(stage) {
  const inputs = { distance_m: '8600' };
  const act = { methodology: 'metro-shenzhen@1', inputs, date: '2026-11-20' };
  await stage.post('/v1/estimate', JSON.stringify(act));
  const [{ methodology, factors }, record] = await stage.alliance.ride(stage.holder.account, 8600);
  const records = [JSON.parse(record)];
  await stage.post('/v1/recompute', JSON.stringify({ methodology, factors, records }));
}

async function refuseReads(stage) {
  const direct = { caller: stage.node };
  const wrong = [
    ['/v1/offers?colour=red', 400, 'query_invalid'],
    ['/v1/offers?limit=501', 400, 'query_invalid'],
    ['/v1/offers?open=perhaps', 400, 'query_invalid'],
    ['/v1/offers?cursor=AAAA', 400, 'cursor_invalid'],
    ['/v1/clearing', 401, 'authentication_required'],
    ['/v1/everything', 404, 'unknown_endpoint'],
    ['/v1/offers/shop.nothing', 404, 'not_found'],
    ['/v1/leaves/999999', 404, 'not_found'],
    ['/v1/blocks/999999', 404, 'not_found'],
    ['/v1/classes/nothing', 404, 'not_found'],
    ['/v1/members/nobody', 404, 'not_found'],
    [`/v1/commands/${'0'.repeat(31)}1/receipt`, 404, 'not_found'],
    [`/v1/vouchers/${'0'.repeat(64)}`, 404, 'not_found'],
    ['/log/consistency', 400, 'query_invalid'],
    ['/v1/programmes/no-points@1', 404, 'not_found'],
    ['/log/tile/9/000', 404, 'not_found'],
  ];
  for (const [path, status, code] of wrong) {
    await stage.get(path, { ...direct, status, code });
  }
  const unacceptable = {
    ...direct,
    status: 406,
    code: 'not_acceptable',
    headers: { Accept: 'image/png' },
  };
  await stage.get('/v1/leaves/3/receipt', unacceptable);
  const reply = await stage.node.ask('POST', '/v1/ledger', { body: '{}' });
  stage.expect(reply, 405, 'method_not_allowed', 'POST /v1/ledger');
  const status = (await stage.get(`/v1/commands/${'0'.repeat(31)}1`)).json.status;
  if (status !== 'unknown') {
    stage.complaints.add('a command that nobody sent', status);
  }
}

export async function readInPublic(stage) {
  await readEverything(stage);
  await readWithCare(stage);
  await compute(stage);
  await refuseReads(stage);
}
