// Writes the lines of a file to a topic as a platform's own JavaScript would: one to three lines a record, any
// key, a partitioner of its own, some records twice. Prints how many lines were acknowledged, by record.
//
// node produce.mjs BOOTSTRAP TOPIC FILE [USER PASSWORD CA]
import { readFileSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";

const [bootstrap, topic, file, username, password, ca] = process.argv.slice(2);
const kafka = new Kafka({
  clientId: "platform",
  brokers: [bootstrap],
  logLevel: logLevel.ERROR,
  ...(username && { sasl: { mechanism: "plain", username, password }, ssl: { ca: [readFileSync(ca)] } }),
});
let turn = 0;
const producer = kafka.producer({
  createPartitioner: () => ({ partitionMetadata }) => (turn += 7) % partitionMetadata.length,
});
const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
const records = [];
while (lines.length > 0) {
  const value = lines.splice(0, 1 + (records.length % 3)).join("\n");
  records.push({ key: `any-${records.length}`, value });
  if (records.length % 10 === 0) records.push({ key: null, value: value + "\r\n" });
}
await producer.connect();
let acknowledged = 0;
for (let at = 0; at < records.length; at += 50) {
  const messages = records.slice(at, at + 50);
  await producer.send({ topic, acks: -1, messages });
  for (const { value } of messages) acknowledged += value.trim().split("\n").length;
}
await producer.disconnect();
console.log(acknowledged);
