// rival.js: the quiz of the benchmark as people write it today: Node with express, redis and pg.
//
//     PORT=N REDIS_SOCKET=PATH PGHOST=DIR SEND_PORT=N NODE_PATH=... node rival.js
//
// Fair: one process as our one front, the same Redis (appendfsync always) and PostgreSQL (fsync), both
// pooled and pipelined, named statements, keep-alive; a callback is answered once the session is on
// disk in Redis and the answer in PostgreSQL, both asked for at the same time. It knows one course, one
// language and one provider; no duplicates, no commands, no events. By SMS the callback is answered once
// state and answer are on disk, and the next question goes to the provider's send API on SEND_PORT after
// that, from memory: a crash in between loses it.
'use strict';
const http = require('http');
const express = require('express');
const redis = require('redis');
const { Pool } = require('pg');

const screens = ['Welcome. We store your answers. Do you agree?\n1 Yes\n9 More', 'Page 2 of what we store.\n1 Yes',
  'What is your work?\n1 Teacher\n2 Nurse\n0 Skip', 'Welcome to the course.\n9 More'];
const questions = [1, 2, 3, 4, 5, 6, 7].map((n) => ({
  id: 'p' + n, right: n % 3 + 1, text: n + '/7 A child comes to you and tells of a long way. What do you do first?\n' +
    '1 Listen\n2 Call somebody\n3 Send the child away' }));

async function main() {
  const store = redis.createClient({ socket: { path: process.env.REDIS_SOCKET } });
  await store.connect();
  const pool = new Pool({ host: process.env.PGHOST, user: 'postgres', database: 'waypost', max: 16 });
  await pool.query('create table if not exists public.rival_answer (phone text, question text, choice int, ' +
    'is_right bool, at timestamptz default now(), primary key (phone, question))');
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  // What to say next, once what was typed is on disk. By SMS nobody asks for more pages.
  const answer = async (phone, typed, first, session) => {
    const key = 'rival:' + phone;
    const found = await store.get(key);
    const state = found ? JSON.parse(found) : { step: first, score: 0 };
    const work = [];
    if (state.step > screens.length && state.step <= screens.length + questions.length) {
      const q = questions[state.step - screens.length - 1];
      const isRight = Number(typed) === q.right;
      state.score += isRight ? 1 : 0;
      work.push(pool.query({ name: 'answer',
        text: 'insert into rival_answer (phone, question, choice, is_right) values ($1, $2, $3, $4) on conflict do nothing',
        values: [phone, q.id, Number(typed), isRight] }));
    }
    const next = state.step < screens.length ? screens[state.step]
      : (questions[state.step - screens.length] || { text: 'Done: ' + state.score + ' of 7.' }).text;
    state.step += 1;
    state.session = session;
    work.push(store.set(key, JSON.stringify(state)));
    await Promise.all(work);
    return next;
  };
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const send = (to, message) => {
    const body = new URLSearchParams({ username: 'demo', to, message, from: '20880' }).toString();
    const req = http.request({ host: '127.0.0.1', port: process.env.SEND_PORT, path: '/at', method: 'POST', agent,
      headers: { apiKey: 'demo', 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length } },
    (res) => res.resume());
    req.on('error', (e) => console.error(e));
    req.end(body);
  };
  app.post('/in/at-ussd', async (req, res) => {
    const { phoneNumber, sessionId, text } = req.body;
    const typed = text === '' ? '' : text.split('*').pop();
    res.type('text/plain').send('CON ' + await answer(phoneNumber, typed, 0, sessionId));
  });
  app.post('/in/at', async (req, res) => {
    const { from, text } = req.body;
    const next = await answer(from, text, 2);
    res.end();
    send(from, next);
  });
  app.get('/', (req, res) => res.send('ready\n'));
  app.listen(Number(process.env.PORT), '127.0.0.1').keepAliveTimeout = 0; // the load may pause where others work, too
}

main().catch((e) => { console.error(e); process.exit(1); });
