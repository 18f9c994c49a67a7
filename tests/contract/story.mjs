#!/usr/bin/env node
// The story of an account, its points and a shop, told over HTTP through prism, which holds
// requests and replies against openapi.json. What prism would spoil or answer itself (detached
// signatures, uploads, tiles, streams, wrong credentials) goes to the node directly; there, as
// everywhere, the oracle holds the replies.
//     story.mjs PROGRAMS FOLDER
import { earnPoints } from './chapter_earning.mjs';
import { govern } from './chapter_governing.mjs';
import { readInPublic } from './chapter_public.mjs';
import { goShopping } from './chapter_shopping.mjs';
import { verify } from './receipt.mjs';
import { Stage } from './stage.mjs';

// Every command's status and receipt; all of them are certified by now, and verify offline.
async function checkReceipts(stage) {
  for (const id of stage.applied) {
    await stage.get(`/v1/commands/${id}`);
    const path = `/v1/commands/${id}/receipt`;
    const receipt = (await stage.get(`${path}?until=certified&wait=10`)).json;
    try {
      verify(receipt, stage.policy);
    } catch (fault) {
      stage.complaints.add(path, fault.message);
    }
  }
}

// Pages to the end, the account's own events, and the beginning of a stream.
async function readEvents(stage) {
  let after = '';
  let count = 0;
  for (;;) {
    const page = (await stage.get(`/v1/events?limit=500${after}`)).json;
    count += page.events.length;
    after = `&after=${page.next}`;
    if (page.caught_up) break;
  }
  await stage.get(`/v1/events?wait=1${after}`);
  await stage.get('/v1/events?types=redemption.confirm,checkpoint.certified');
  await stage.get(`/v1/events?account=${stage.holder.account}`, { bearer: stage.grant() });
  const direct = { caller: stage.node };
  await stage.get(`/v1/events?account=${stage.holder.account}`, { ...direct, status: 401 });
  await stage.get('/v1/events?types=nothing', { ...direct, status: 400, code: 'query_invalid' });
  const cut = new AbortController();
  const stream = await fetch(`${stage.node.url}/v1/events`, {
    headers: { Accept: 'text/event-stream' },
    signal: cut.signal,
  });
  let told = '';
  for await (const piece of stream.body) {
    told += Buffer.from(piece).toString();
    if (told.split('\nid: ').length > count || told.includes('event: checkpoint.certified')) break;
  }
  cut.abort();
  const ids = told.match(/^id: /gm)?.length ?? 0;
  if (ids < count) {
    stage.complaints.add('GET /v1/events', `a stream told ${ids} events, pages told ${count}`);
  }
}

// Only evidence of a fork cannot be had from an honest node.
function checkCoverage(stage) {
  for (const [operation, statuses] of stage.oracle.seen) {
    if (operation !== 'getEvidence' && ![...statuses].some((status) => status < 300)) {
      stage.complaints.add(operation, 'was never done');
    }
  }
}

const stage = await Stage.set(...process.argv.slice(2));
try {
  await readInPublic(stage);
  await earnPoints(stage);
  await goShopping(stage);
  await govern(stage);
  await checkReceipts(stage);
  await readEvents(stage);
  checkCoverage(stage);
} finally {
  await stage.end();
}
const isClean = stage.complaints.tell('story');
const { proxy, node, oracle } = stage;
console.log(
  `story: ${isClean ? 'ok' : 'FAILED'}, ${proxy.requests} requests through prism, ` +
    `${node.requests} direct, ${oracle.seen.size} operations, ${oracle.codes.size} codes`,
);
process.exitCode = isClean ? 0 : 1;
