#include "model/proof.h"

#include "model/hash.h"
#include "model/little_endian.h"

namespace paytick {
namespace {

// A tick's link is one block of BLAKE2b, which is what it costs.
constexpr std::size_t kBlockBytes = 128;

template <std::size_t Capacity>
Proof hash(const Packer<Capacity>& fields) {
  Proof proof;
  blake2b(fields.bytes(), proof.bytes);
  return proof;
}

}  // namespace

Proof link(const OpenedLine& opened, const SumLine& sum) {
  Packer<512> fields;
  fields.put(Proof()).put(LinkTag::opened).put(opened.session).put(opened.sum);
  fields.put(opened.viewer).put(sum.meter).put(sum.creator).put(sum.bps);
  fields.put(opened.content).put(opened.plan.id);
  fields.put(opened.plan.tick_ms).put(opened.plan.price_per_tick.units()).put(opened.plan.heartbeat_ms);
  fields.put(opened.plan.minimum_ticks).put(opened.plan.platform_bps).put(opened.plan.refund_unused);
  fields.put(opened.start.ms).put(opened.platform).put(std::string_view(opened.reference));
  return hash(fields);
}

Proof link(const Proof& prev, const TickLine& line) {
  TickLink link;
  link.pack(line);
  link.set_prev(prev);
  Proof proof;
  blake2b({link.data(), TickLink::kBytes}, proof.bytes);
  return proof;
}

Proof link(const Proof& prev, const AdjustLine& line) {
  Packer<kBlockBytes> fields;
  fields.put(prev).put(LinkTag::adjust).put(line.session).put(line.sum).put(line.k).put(line.n);
  fields.put(line.price.units()).put(line.start.ms).put(line.reason).put(line.ticks);
  fields.put(line.charged.units()).put(line.due.units());
  fields.put(line.paid_until.ms).put(line.spendable.units());
  return hash(fields);
}

Proof link(const Proof& prev, const ClosedLine& line) {
  Packer<kBlockBytes> fields;
  fields.put(prev)
      .put(LinkTag::closed)
      .put(line.session)
      .put(line.at.ms)
      .put(line.ticks)
      .put(line.amount.units());
  return hash(fields);
}

Proof start_charges(const MeterId& meter) {
  Packer<kBlockBytes> fields;
  fields.put(Proof()).put(LinkTag::charges).put(meter);
  return hash(fields);
}

Proof link(const Proof& prev, const ChargeLine& line) {
  Packer<256> fields;
  fields.put(prev).put(LinkTag::charge).put(line.sum).put(line.kind).put(line.amount.units());
  fields.put(line.charged.units()).put(line.due.units()).put(line.spendable.units()).put(line.at.ms);
  fields.put(std::string_view(line.key));
  return hash(fields);
}

}  // namespace paytick
