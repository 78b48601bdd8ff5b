package paytick.peer;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.common.serialization.Serializer;

/** What a heartbeat bought: a line of the output topic. No hash links it to the one before, as paytick's do. */
record Tick(String session, String attachment, long tick, long amount, long ticks, long paid, long at, long paidUntil) {
  static Serializer<Tick> serializer() {
    return (topic, tick) -> tick == null ? null : tick.line();
  }

  private byte[] line() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = Heartbeat.JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeNumberField("v", 1);
      json.writeStringField("type", "tick");
      json.writeStringField("session", session);
      json.writeStringField("attachment", attachment);
      json.writeNumberField("tick", tick);
      json.writeNumberField("amount", amount);
      json.writeNumberField("ticks", ticks);
      json.writeNumberField("paid", paid);
      json.writeNumberField("at", at);
      json.writeNumberField("paidUntil", paidUntil);
      json.writeEndObject();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return out.toByteArray();
  }
}
