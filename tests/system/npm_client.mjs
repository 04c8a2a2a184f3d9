// A client made with socket.io-client from npm: prints each event it hears as a line of JSON, [name, payload],
// and sends what it reads: lines of [event, …arguments], answered by a line ["ack", answer]. Ends with its input.
import process from "node:process";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const tell = (...words) => process.stdout.write(`${JSON.stringify(words)}\n`);
const socket = io(process.argv[2], { transports: ["websocket"], auth: JSON.parse(process.argv[3] ?? "{}") });

socket.onAny(tell);
socket.on("connect_error", (error) => tell("connect_error", error.message));
socket.on("disconnect", (reason) => tell("disconnect", reason));

const input = createInterface({ input: process.stdin });
input.on("line", (line) => socket.emit(...JSON.parse(line), (answer) => tell("ack", answer)));
input.on("close", () => socket.close());
