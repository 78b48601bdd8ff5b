#pragma once
// The hash chain that makes a bill provable: proof = BLAKE2b-256(previous proof ‖ the line's canonical
// fields). schemas/PROOF.md lists the fields; they are frozen. `proof` in the line itself is not read.
//
// A session's chain: link(OpenedLine, SumLine), then link(prev, TickLine or AdjustLine) in log order, then
// link(prev, ClosedLine). Charges chain per meter: start_charges(meter), then link(prev, ChargeLine).

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/ids.h"
#include "model/outputs.h"

namespace paytick {

// `sum` is the line that introduced opened.sum: a session's first link says who is paid, and which share is
// the platform's.
Proof link(const OpenedLine& opened, const SumLine& sum);
Proof link(const Proof& prev, const TickLine& line);

// The same in two steps, for links of many sessions at once: blake2b_each hashes kBytes from data().
class TickLink {
 public:
  static constexpr std::size_t kBytes = 121;
  TickLink() = default;
  explicit TickLink(const TickLine& line);
  void set_prev(const Proof& prev);
  const std::uint8_t* data() const { return bytes_.data(); }

 private:
  std::array<std::uint8_t, kBytes> bytes_;  // left uninitialised
};

Proof link(const Proof& prev, const AdjustLine& line);
Proof link(const Proof& prev, const ClosedLine& line);

Proof start_charges(const MeterId& meter);
Proof link(const Proof& prev, const ChargeLine& line);

}  // namespace paytick
