#include "model/codec_impl.h"
#include "model/shapes_outputs.h"

namespace paytick::codec {

Result<Output> parse_output(MutableLine line) { return parse<Output>(line); }
Result<FrameHeader> parse_frame_header(MutableLine line) { return parse<FrameHeader>(line); }
Result<Fence> parse_fence(MutableLine line) { return parse<Fence>(line); }

void write(const Output& output, std::string& out) { write_variant(output, out); }
void write(const FrameHeader& header, std::string& out) { write_line(header, out); }
void write(const Fence& fence, std::string& out) { write_line(fence, out); }

std::string_view to_text(HaltReason reason) { return word_of(reason); }
std::string_view to_text(AdjustReason reason) { return word_of(reason); }

template void write_line(const TickLine&, std::string&);
template void write_line(const DueLine&, std::string&);
template void write_line(const AdjustLine&, std::string&);
template void write_line(const SumLine&, std::string&);
template void write_line(const OpenedLine&, std::string&);
template void write_line(const ChargeLine&, std::string&);
template void write_line(const CreditLine&, std::string&);
template void write_line(const HaltLine&, std::string&);
template void write_line(const LateLine&, std::string&);
template void write_line(const RejectedLine&, std::string&);
template void write_line(const ClosedLine&, std::string&);
template void write_line(const MeterLine&, std::string&);

}  // namespace paytick::codec
