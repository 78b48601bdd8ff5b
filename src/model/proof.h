#pragma once
// The hash chain that makes a bill provable: proof = BLAKE2b-256(previous proof ‖ the line's canonical
// fields). schemas/PROOF.md lists the fields; they are frozen. `proof` in the line itself is not read.
//
// A session's chain: link(OpenedLine, SumLine), then link(prev, TickLine or AdjustLine) in log order, then
// link(prev, ClosedLine). Charges chain per meter: start_charges(meter), then link(prev, ChargeLine).

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "model/ids.h"
#include "model/little_endian.h"
#include "model/outputs.h"

namespace paytick {

// The first field of each link, so that no line can pass for one of another type (schemas/PROOF.md).
enum class LinkTag : std::uint8_t { opened = 1, tick = 2, adjust = 3, closed = 4, charges = 5, charge = 6 };

// `sum` is the line that introduced opened.sum: a session's first link says who is paid, and which share is
// the platform's.
Proof link(const OpenedLine& opened, const SumLine& sum);
Proof link(const Proof& prev, const TickLine& line);

// The same in steps, for links of many sessions at once: blake2b_each hashes kBytes from data(). Packed where
// it stays, because bytes that were written one by one are slow to copy at once.
class TickLink {
 public:
  static constexpr std::size_t kBytes = 121;
  void pack(const TickLine& line) {
    fields_.clear();
    fields_.put(Proof()).put(LinkTag::tick).put(line.session).put(line.sum).put(line.k).put(line.n);
    fields_.put(line.price.units()).put(line.start.ms).put(line.ticks);
    fields_.put(line.charged.units()).put(line.due.units());
    fields_.put(line.paid_until.ms).put(line.spendable.units());
    assert(fields_.bytes().size() == kBytes);
  }
  void set_prev(const Proof& prev) { fields_.put_at(0, prev); }
  const std::uint8_t* data() const { return fields_.bytes().data(); }

 private:
  Packer<kBytes> fields_;
};

Proof link(const Proof& prev, const AdjustLine& line);
Proof link(const Proof& prev, const ClosedLine& line);

Proof start_charges(const MeterId& meter);
Proof link(const Proof& prev, const ChargeLine& line);

}  // namespace paytick
