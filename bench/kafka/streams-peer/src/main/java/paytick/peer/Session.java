package paytick.peer;

import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** What the fold remembers of a session: which ticks are bought, and what was paid. 56 bytes in the state store. */
final class Session {
  static final long TICK_MS = 10_000;
  static final long PRICE = 100_000;
  private static final int WINDOW = 64;

  private long start;
  private long seq;
  private long firstOfWindow;
  private long bought; // bit i: tick firstOfWindow + i
  long ticks;
  long paid;
  long paidUntil;

  static Session beginning(Heartbeat heartbeat) {
    Session session = new Session();
    session.start = heartbeat.at();
    session.seq = -1;
    return session;
  }

  /** The number of the tick that this heartbeat buys, or -1 if that tick is bought. */
  long buy(Heartbeat heartbeat) {
    seq = Math.max(seq, heartbeat.seq());
    long tick = Math.floorDiv(heartbeat.at() - start, TICK_MS);
    if (tick < firstOfWindow) {
      return -1;
    }
    if (tick >= firstOfWindow + WINDOW) {
      long by = tick - (firstOfWindow + WINDOW) + 1;
      bought = by >= WINDOW ? 0 : bought >>> by;
      firstOfWindow += by;
    }
    long bit = 1L << (tick - firstOfWindow);
    if ((bought & bit) != 0) {
      return -1;
    }
    bought |= bit;
    ticks += 1;
    paid += PRICE;
    paidUntil = Math.max(paidUntil, start + (tick + 1) * TICK_MS);
    return tick;
  }

  static Serde<Session> serde() {
    return Serdes.serdeFrom(
        (topic, session) -> session == null ? null : session.write(),
        (topic, bytes) -> bytes == null ? null : read(bytes));
  }

  private byte[] write() {
    return ByteBuffer.allocate(56).putLong(start).putLong(seq).putLong(firstOfWindow).putLong(bought)
        .putLong(ticks).putLong(paid).putLong(paidUntil).array();
  }

  private static Session read(byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    Session session = new Session();
    session.start = from.getLong();
    session.seq = from.getLong();
    session.firstOfWindow = from.getLong();
    session.bought = from.getLong();
    session.ticks = from.getLong();
    session.paid = from.getLong();
    session.paidUntil = from.getLong();
    return session;
  }
}
