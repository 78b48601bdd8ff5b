#include "model/codec_impl.h"
#include "model/shapes_settlements.h"

namespace paytick::codec {

Result<Settlement> parse_settlement(MutableLine line) { return parse<Settlement>(line); }

void write(const Settlement& settlement, std::string& out) { write_variant(settlement, out); }

template void write_line(const Prepared&, std::string&);
template void write_line(const Submitted&, std::string&);
template void write_line(const Confirmed&, std::string&);
template void write_line(const Failed&, std::string&);
template void write_line(const Expired&, std::string&);
template void write_line(const Parked&, std::string&);
template void write_line(const ParkedCredit&, std::string&);

}  // namespace paytick::codec
