package paytick.peer;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The same job as paytick's aggregator, written for Kafka Streams as one would who wants it fast: heartbeats in, a tick
 * out for each tick that is bought for the first time, a session's state in RocksDB with a changelog, exactly once.
 * Drains `heartbeats` of them, prints one line of JSON, and ends.
 * Options: bootstrap, broker-pid (whose processor time is printed, too), in, out, application, state (a folder), threads,
 * commit-ms, heartbeats, cache-mb.
 */
public final class Peer {
  private static final String STORE = "sessions";
  private static final LongAdder HEARTBEATS = new LongAdder();
  private static final LongAdder TICKS = new LongAdder();
  private static final AtomicLong BEGAN_NS = new AtomicLong();

  private static final class Fold implements Processor<String, Heartbeat, String, Tick> {
    private ProcessorContext<String, Tick> context;
    private KeyValueStore<String, Session> sessions;

    @Override
    public void init(ProcessorContext<String, Tick> given) {
      context = given;
      sessions = given.getStateStore(STORE);
    }

    @Override
    public void process(Record<String, Heartbeat> record) {
      if (BEGAN_NS.get() == 0) {
        BEGAN_NS.compareAndSet(0, System.nanoTime());
      }
      Heartbeat heartbeat = record.value();
      Session session = sessions.get(record.key());
      if (session == null) {
        session = Session.beginning(heartbeat);
      }
      long tick = session.buy(heartbeat);
      sessions.put(record.key(), session);
      if (tick >= 0) {
        context.forward(record.withValue(new Tick(record.key(), heartbeat.attachment(), tick, Session.PRICE,
            session.ticks, session.paid, heartbeat.at(), session.paidUntil)));
        TICKS.increment();
      }
      HEARTBEATS.increment();
    }
  }

  private static Topology topology(String in, String out) {
    return new Topology()
        .addSource("heartbeats", Serdes.String().deserializer(), Heartbeat.deserializer(), in)
        .addProcessor("fold", Fold::new, "heartbeats")
        .addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), Session.serde())
            .withLoggingEnabled(Map.of()).withCachingEnabled(), "fold")
        .addSink("ticks", out, new StringSerializer(), Tick.serializer(), "fold");
  }

  private static Properties settings(Options options) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, options.text("application", "peer"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.text("bootstrap", ""));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, options.text("state", "state"));
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, options.number("commit-ms", 100));
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, (int) options.number("threads", 2));
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    // What comes from here on only makes it faster than its defaults.
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, options.number("cache-mb", 64) << 20);
    settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 20_000);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 1 << 18);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 64L << 20);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5_000);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG), 20);
    return settings;
  }

  private static double cpuSeconds(long process) {
    return ProcessHandle.of(process).flatMap(found -> found.info().totalCpuDuration()).orElse(Duration.ZERO).toMillis() / 1e3;
  }

  /** How far the group has committed the input, over all partitions. */
  private static long committed(Admin admin, String group, String topic) throws Exception {
    long sum = 0;
    for (var entry : admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().entrySet()) {
      if (entry.getKey().topic().equals(topic) && entry.getValue() != null) {
        sum += entry.getValue().offset();
      }
    }
    return sum;
  }

  public static void main(String[] words) throws Exception {
    Options options = new Options(words);
    String in = options.text("in", "peer.heartbeats");
    long wanted = options.number("heartbeats", 5_000_000);
    AtomicBoolean failed = new AtomicBoolean();
    KafkaStreams streams = new KafkaStreams(topology(in, options.text("out", "peer.ticks")), settings(options));
    streams.setUncaughtExceptionHandler(why -> {
      why.printStackTrace();
      failed.set(true);
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    long self = ProcessHandle.current().pid();
    long broker = options.number("broker-pid", 0);
    double cpuBefore = cpuSeconds(self);
    double brokerCpuBefore = cpuSeconds(broker);
    streams.start();
    long halfway = 0;
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", options.text("bootstrap", "")))) {
      while (HEARTBEATS.sum() < wanted || committed(admin, options.text("application", "peer"), in) < wanted) {
        if (failed.get()) {
          System.exit(1);
        }
        if (halfway == 0 && HEARTBEATS.sum() >= wanted / 2) {
          halfway = System.nanoTime();
        }
        Thread.sleep(20);
      }
    }
    long now = System.nanoTime();
    double seconds = (now - BEGAN_NS.get()) / 1e9;
    System.out.printf("{\"heartbeats\":%d,\"ticks\":%d,\"seconds\":%.2f,\"per_s\":%.0f,\"per_s_second_half\":%.0f,\"cpu_s\":%.1f,\"broker_cpu_s\":%.1f}%n",
        wanted, TICKS.sum(), seconds, wanted / seconds, wanted / 2 * 1e9 / (now - halfway), cpuSeconds(self) - cpuBefore,
        cpuSeconds(broker) - brokerCpuBefore);
    streams.close(Duration.ofSeconds(20));
  }
}
