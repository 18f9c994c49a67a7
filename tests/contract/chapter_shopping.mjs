// A shop publishes offers; the holder reserves, the shop confirms and refunds.
import { Key, hex } from './alliance.mjs';

const points = (count) => `${count}`;

async function publishOffers(stage) {
  const { alliance, keys } = stage;
  const publish = (name, price, stock, changes) =>
    stage.send('/v1/offers', 'offer.publish', alliance.offer(name, price, stock, changes), [
      keys.shop,
    ]);
  const soon = Date.now() + 3_600_000;
  await publish('test-plain', 100, 5);
  await publish('test-one', 1, 1);
  await publish('test-limit', 1, null, { limit: { units: 1, window: 'day' } });
  await publish('test-cool', 1, null, { cooldown_s: 3600 });
  await publish('test-dear', 10_000_000, null);
  await publish('test-later', 1, null, { opens_at: soon, closes_at: soon + 1 });
  await publish('test-revised', 10, 3);

  const refuse = (changes, key, status, code) =>
    stage.refuse(
      '/v1/offers',
      'offer.publish',
      { ...alliance.offer('test-no', 1, 1), ...changes },
      [key],
      status,
      code,
    );
  await refuse({ offer: 'shop.test-plain' }, keys.shop, 409, 'offer_exists');
  await refuse({ programme: 'no-points' }, keys.shop, 404, 'programme_unknown');
  await refuse({ price: '0' }, keys.shop, 422, 'offer_invalid');
  await refuse({ offer: 'verico.test-no' }, keys.verico, 403, 'role_missing');
  await refuse({}, keys.metro, 403, 'signatures_insufficient');
}

async function changeOffer(stage) {
  const { alliance, keys } = stage;
  const path = '/v1/offers/shop.test-revised';
  const { programme, stock, ...terms } = alliance.offer('test-revised', 20, 3);
  await stage.send(`${path}/revise`, 'offer.revise', terms, [keys.shop], { status: 200 });
  const more = { offer: 'shop.test-revised', units: '4' };
  await stage.send(`${path}/restock`, 'offer.restock', more, [keys.shop], { status: 200 });
  await stage.refuse(
    `${path}/restock`,
    'offer.restock',
    more,
    [keys.metro],
    403,
    'signatures_insufficient',
  );
  const unlimited = { offer: 'shop.test-dear', units: '1' };
  await stage.refuse(
    '/v1/offers/shop.test-dear/restock',
    'offer.restock',
    unlimited,
    [keys.shop],
    422,
    'offer_invalid',
  );
  await stage.refuse(
    '/v1/offers/shop.test-one/restock',
    'offer.restock',
    more,
    [keys.shop],
    422,
    'path_mismatch',
  );
  const close = { offer: 'shop.test-revised' };
  await stage.send(`${path}/close`, 'offer.close', close, [keys.shop], { status: 200 });
  await stage.refuse(`${path}/close`, 'offer.close', close, [keys.shop], 409, 'offer_closed');
  const nothing = { offer: 'shop.nothing' };
  await stage.refuse(
    '/v1/offers/shop.nothing/close',
    'offer.close',
    nothing,
    [keys.shop],
    404,
    'offer_unknown',
  );
  const offer = (await stage.get(path)).json;
  if (offer.open || offer.revision !== 2 || offer.stock.supplied !== '7') {
    stage.complaints.add(path, JSON.stringify(offer));
  }
}

const order = (stage, offer, price, changes = {}) => ({
  account: stage.holder.account,
  offer: `shop.${offer}`,
  quantity: 1,
  points: points(price),
  hold_s: 600,
  instruction: null,
  ...changes,
});
const reserve = (stage, offer, price, changes) =>
  stage.send('/v1/redemptions', 'redemption.reserve', order(stage, offer, price, changes), [
    stage.holder.key,
  ]);

async function refuseReservations(stage) {
  const refuse = (offer, price, status, code, changes, key = stage.holder.key) =>
    stage.refuse(
      '/v1/redemptions',
      'redemption.reserve',
      order(stage, offer, price, changes),
      [key],
      status,
      code,
    );
  await refuse('test-plain', 100, 404, 'account_unknown', { account: hex(16) });
  await refuse('test-plain', 100, 403, 'signatures_insufficient', {}, stage.keys.wallet);
  await refuse('test-plain', 100, 403, 'key_unknown', {}, Key.fresh());
  await refuse('nothing', 1, 404, 'offer_unknown');
  await refuse('test-later', 1, 409, 'offer_not_open');
  await refuse('test-revised', 20, 409, 'offer_not_open');
  await refuse('test-plain', 0, 400, 'command_malformed');
  await refuse('test-plain', 100, 422, 'amount_invalid', { quantity: 101 });
  await refuse('test-plain', 100, 422, 'amount_invalid', { hold_s: 59 });
  await refuse('test-plain', 99, 409, 'price_changed');
  await refuse('test-dear', 10_000_000, 409, 'insufficient_points');
  await reserve(stage, 'test-one', 1);
  await refuse('test-one', 1, 409, 'out_of_stock');
  await reserve(stage, 'test-limit', 1);
  await refuse('test-limit', 1, 409, 'offer_limit_reached');
  await reserve(stage, 'test-cool', 1);
  await refuse('test-cool', 1, 409, 'offer_cooldown');
}

// The steps of one redemption, by the command's path.
const step = (stage, id, verb, body, key, status = 200, code = undefined) =>
  stage.send(
    `/v1/redemptions/${id}/${verb}`,
    `redemption.${verb}`,
    { redemption: id, ...body },
    [key],
    { status, code },
  );

async function look(stage, id, state) {
  const redemption = (await stage.get(`/v1/redemptions/${id}`, { bearer: stage.grant() })).json;
  if (redemption.state !== state) {
    stage.complaints.add(`redemption ${state}`, JSON.stringify(redemption));
  }
}

async function redeem(stage) {
  const { shop, metro } = stage.keys;
  const { id } = await reserve(stage, 'test-plain', 200, { quantity: 2 });
  await look(stage, id, 'reserved');
  await stage.get(`/v1/accounts/${stage.holder.account}/holds`, { bearer: stage.grant() });
  const voucher = hex(32);
  await step(
    stage,
    id,
    'confirm',
    { points: '100', voucher },
    metro,
    403,
    'signatures_insufficient',
  );
  await step(stage, id, 'confirm', { points: '201', voucher }, shop, 409, 'exceeds_reserved');
  await step(stage, hex(16), 'confirm', { points: '1', voucher }, shop, 404, 'redemption_unknown');
  await step(
    stage,
    id,
    'refund',
    { points: '1', stock: 'return', reason: 'early' },
    shop,
    409,
    'redemption_state',
  );
  await step(stage, id, 'confirm', { points: '180', voucher }, shop);
  await look(stage, id, 'confirmed');
  await step(
    stage,
    id,
    'confirm',
    { points: '180', voucher: hex(32) },
    shop,
    409,
    'redemption_state',
  );
  await stage.get(`/v1/vouchers/${voucher}`);

  const release = { reason: 'SYNTHETIC', instruction: null };
  await step(stage, id, 'release', release, stage.holder.key, 409, 'redemption_state');
  const other = await reserve(stage, 'test-plain', 100);
  await step(stage, other.id, 'confirm', { points: '100', voucher }, shop, 409, 'voucher_reused');
  await step(stage, other.id, 'release', release, stage.holder.key);
  await look(stage, other.id, 'released');

  const refund = (count, stock, status, code) =>
    step(stage, id, 'refund', { points: count, stock, reason: 'SYNTHETIC' }, shop, status, code);
  await refund('80', 'write_off');
  await look(stage, id, 'partly_refunded');
  await refund('101', 'return', 409, 'refund_exceeds');
  await refund('100', 'return');
  await look(stage, id, 'refunded');
}

// Who reads what of redemptions, and what the shop is owed.
async function readAfterwards(stage) {
  const { account } = stage.holder;
  const shop = stage.alliance.token('metro');
  const page = (
    await stage.get(`/v1/redemptions?account=${account}&limit=2`, { bearer: stage.grant() })
  ).json;
  await stage.get(`/v1/redemptions?account=${account}&limit=2&cursor=${page.next}`, {
    bearer: stage.grant(),
  });
  await stage.get(`/v1/redemptions?account=${account}&state=refunded`, { bearer: stage.grant() });
  await stage.get('/v1/redemptions?merchant=metro', { bearer: shop });
  await stage.get('/v1/clearing', { bearer: shop });
  await stage.get('/v1/clearing?programme=green-points&detail=true', { bearer: shop });
  const direct = { caller: stage.node };
  await stage.get('/v1/clearing', { ...direct, bearer: shop, headers: { Accept: 'text/csv' } });
  await stage.get('/v1/redemptions?merchant=shop', {
    ...direct,
    bearer: shop,
    status: 403,
    code: 'forbidden',
  });
  await stage.get('/v1/redemptions', {
    ...direct,
    bearer: shop,
    status: 400,
    code: 'query_invalid',
  });
  await stage.get(`/v1/redemptions/${page.data[0].id}`, {
    ...direct,
    bearer: shop,
    status: 403,
    code: 'forbidden',
  });
  await stage.get('/v1/redemptions/' + hex(16), {
    ...direct,
    bearer: shop,
    status: 404,
    code: 'not_found',
  });
}

// Grams go to the metro and out for good; then its second batch turns out false, and it owes.
async function moveCredits(stage) {
  const { account, key } = stage.holder;
  const { metro, ev } = stage.keys;
  const view = (await stage.get(`/v1/accounts/${account}`, { bearer: stage.grant() })).json;
  const [{ class: credits, held }] = view.credits;
  const spend = (amount, more) => ({
    account,
    class: credits,
    amount: `${amount}`,
    instruction: null,
    ...more,
  });
  const retired = spend(3, {
    purpose: 'voluntary',
    beneficiary: 'SYNTHETIC',
    commitment: null,
    statement: '',
    inventory: null,
  });
  const { id } = await stage.send('/v1/retirements?until=certified', 'credit.retire', retired, [
    key,
  ]);
  await stage.get(`/v1/retirements/${id}`);
  await stage.get(`/v1/retirements/${id}/certificate`);
  const given = spend(Number(held) - 3, {
    to: 'metro',
    purpose: 'assign',
    consent: null,
    consideration: null,
  });
  await stage.send('/v1/assignments', 'credit.assign', given, [key, metro]);
  await stage.refuse(
    '/v1/assignments',
    'credit.assign',
    given,
    [key, metro],
    409,
    'insufficient_credits',
  );
  const move = (from, to, amount, signer) =>
    stage.send(
      '/v1/transfers',
      'credit.transfer',
      { ...spend(amount, { to, memo: null }), account: from },
      [signer],
    );
  await move('metro', 'ev', Number(held) - 3, metro);
  const paid = { ...spend(1, { reason: 'obligation' }), account: 'metro' };
  await stage.refuse(
    '/v1/cancellations',
    'credit.cancel',
    paid,
    [metro],
    409,
    'obligation_exceeded',
  );

  const batch = stage.falseBatch;
  const path = `/v1/activities/${batch}/revoke`;
  const body = { batch, records: null, reason: 'false_data', free: true, evidence: hex(32) };
  await stage.refuse(path, 'activity.revoke', body, [ev], 403, 'signatures_insufficient');
  await stage.send(path, 'activity.revoke', body, [metro], { status: 200 });
  await stage.get('/v1/obligations');
  await move('ev', 'metro', 5, ev);
  await stage.send('/v1/cancellations', 'credit.cancel', paid, [metro]);
  const own = { ...retired, account: 'metro' };
  await stage.refuse(
    '/v1/retirements',
    'credit.retire',
    own,
    [metro],
    409,
    'obligation_outstanding',
  );
}

export async function goShopping(stage) {
  await publishOffers(stage);
  await changeOffer(stage);
  await refuseReservations(stage);
  await redeem(stage);
  await readAfterwards(stage);
  await moveCredits(stage);
}
