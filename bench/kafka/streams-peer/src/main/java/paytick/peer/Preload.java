package paytick.peer;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Makes both topics and fills the input: every session in turn, ten seconds between a session's heartbeats.
 * Options: bootstrap, in, out, partitions, heartbeats, sessions.
 */
public final class Preload {
  public static void main(String[] words) throws Exception {
    Options options = new Options(words);
    String bootstrap = options.text("bootstrap", "");
    String in = options.text("in", "peer.heartbeats");
    int partitions = (int) options.number("partitions", 4);
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(in, partitions, (short) 1),
          new NewTopic(options.text("out", "peer.ticks"), partitions, (short) 1))).all().get();
    }
    long count = options.number("heartbeats", 5_000_000);
    long sessions = options.number("sessions", 100_000);
    AtomicReference<Exception> failure = new AtomicReference<>();
    long bytes = 0;
    try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(Map.of(
        "bootstrap.servers", bootstrap, "acks", "all", "compression.type", "lz4", "linger.ms", 20,
        "batch.size", 1 << 18, "buffer.memory", 128L << 20), new StringSerializer(), new ByteArraySerializer())) {
      for (long i = 0; i < count; ++i) {
        String session = String.valueOf(100_000_000_000L + i % sessions); // twelve characters
        byte[] line = Heartbeat.line(session, "a" + i % 10, i / sessions, 1_790_000_000_000L + i / sessions * Session.TICK_MS);
        bytes += line.length;
        producer.send(new ProducerRecord<>(in, session, line), (metadata, why) -> {
          if (why != null) {
            failure.set(why);
          }
        });
      }
    }
    if (failure.get() != null) {
      throw failure.get();
    }
    System.out.printf("{\"heartbeats\":%d,\"bytes_each\":%.1f}%n", count, (double) bytes / count);
  }
}
