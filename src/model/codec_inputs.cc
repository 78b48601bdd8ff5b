#include "model/codec_impl.h"
#include "model/shapes_inputs.h"

namespace paytick::codec {

void read_input(MutableLine line, Result<Input>& out) {
  if (line.size > kLineBytesMax) {
    out = fail("malformed_json", "a line of " + std::to_string(line.size) + " bytes is too long");
  } else {
    parse(line, out);
  }
}

Result<Input> parse_input(MutableLine line) {
  Result<Input> input;
  read_input(line, input);
  return input;
}

void write(const Input& input, std::string& out) { write_variant(input, out); }

std::string_view to_text(Period period) { return word_of(period); }
std::string_view to_text(ChargeKind kind) { return word_of(kind); }

std::string_view type_name(const Input& input) {
  return std::visit([]<typename E>(const E&) -> std::string_view { return decltype(Shape<E>::kType)::kName; },
                    input);
}

template void write_line(const Heartbeat&, std::string&);
template void write_line(const Open&, std::string&);
template void write_line(const Stop&, std::string&);
template void write_line(const Pause&, std::string&);
template void write_line(const Resume&, std::string&);
template void write_line(const Limit&, std::string&);
template void write_line(const Freeze&, std::string&);
template void write_line(const Unfreeze&, std::string&);
template void write_line(const Charge&, std::string&);
template void write_line(const Credit&, std::string&);
template void write_line(const MeterReport&, std::string&);
template void write_line(const RefundRequest&, std::string&);
template void write_line(const ContentClosed&, std::string&);
template void write_line(const GatewayStarted&, std::string&);
template void write_line(const Clock&, std::string&);

}  // namespace paytick::codec
