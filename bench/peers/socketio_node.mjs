// The peer: Socket.IO on Node, websocket transport only, every other setting as it comes.
// It obeys the same commands as the Python servers (bench/control.py) and sends the same event (bench/payload.py).

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
const { Server } = require('socket.io');
const PRODUCTS = ['65a1f0c2d4e5f60718293a4b', '65a1f0c2d4e5f60718293a4c'];

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const now = () => Number(process.hrtime.bigint()) / 1e9; // the clock of Python's time.monotonic()
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, Math.max(0, seconds * 1000)));

function stockEvent(number, sent) {
  const items = PRODUCTS.map((id) => ({
    id, available: 100 - (number % 50), stock: 100, held: number % 50, version: number, next_release: null,
  }));
  return { cursor: number.toString(16).padStart(16, '0'), items, number, sent };
}

const http = createServer();
const io = new Server(http, { transports: ['websocket'] });
io.on('connection', (socket) => {
  socket.on('ask', (payload, answer) => answer(payload));
});

async function broadcast({ first, count, interval }) {
  let due = now();
  for (let number = first; number < first + count; number += 1) {
    await pause(due - now());
    io.emit('stock', stockEvent(number, now()));
    due += interval;
  }
  return { sent: count };
}

const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  try {
    say(await broadcast(JSON.parse(line)));
  } catch (error) {
    say({ error: String(error) });
  }
});
lines.on('close', () => process.exit(0));

http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  say({ port: http.address().port, version: require('socket.io/package.json').version });
});
