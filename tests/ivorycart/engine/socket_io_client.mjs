// A browser's client against the engine: connect, acks both ways, a cut connection and the way back, disconnect.
// Usage: node socket_io_client.mjs URL; prints what it saw as one line of JSON.
import console from "node:console";
import process from "node:process";
import { io } from "socket.io-client";

const socket = io(process.argv[2], {
  transports: ["websocket"],
  auth: { session: "s-1" },
  reconnectionDelay: 10,
  reconnectionDelayMax: 50,
});
const seen = { connects: 0, disconnects: [] };
socket.on("connect", () => (seen.connects += 1));
socket.on("disconnect", (reason) => seen.disconnects.push(reason));
socket.on("question", (number, answer) => answer(number + 1));

const until = (event) => new Promise((resolve) => { socket.once(event, resolve); });

seen.welcome = await until("welcome");
seen.echo = await socket.emitWithAck("echo", { emoji: "🛒", list: [1, 2.5, null] });
seen.asked = await socket.emitWithAck("ask", 41);
seen.unknown = await socket.emitWithAck("no-such-event", {});

const again = until("connect");
socket.emit("cut");
await again;
seen.echo_again = await socket.emitWithAck("echo", "still here");

const kicked = until("disconnect");
socket.emit("kick");
await kicked;
seen.active_after_kick = socket.active;

socket.connect();
await until("connect");
seen.transport = socket.io.engine.transport.name;
seen.many = await Promise.all(Array.from({ length: 200 }, (_, number) => socket.emitWithAck("echo", number)));
const error = until("error");
socket.emit("refuse");
[seen.no_ack] = [await error];
socket.disconnect();

const visit = (path, auth) => io(process.argv[2] + path, { transports: ["websocket"], forceNew: true, reconnection: false, auth });
const refusal = (client) => new Promise((resolve) => { client.on("connect_error", resolve); });
const refused = visit("", { refuse: true });
const { message, data } = await refusal(refused);
seen.refused = { message, data };
const elsewhere = visit("/admin", {});
seen.namespace = (await refusal(elsewhere)).message;
elsewhere.io.engine.close();
const binary = visit("", {});
await new Promise((resolve) => { binary.on("connect", resolve); });
binary.emit("echo", new Uint8Array([1, 2, 3]));
seen.after_binary = await new Promise((resolve) => { binary.on("disconnect", resolve); });
console.log(JSON.stringify(seen));
