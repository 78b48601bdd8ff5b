#pragma once
// Ticks whose lines are written but for their proofs: links of several sessions are hashed side by side,
// which is several times as fast as one after the other. A session has one at a time, because each needs the
// one before it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "aggregator/records.h"
#include "aggregator/slab.h"
#include "model/hash.h"
#include "model/proof.h"

namespace paytick::aggregator {

class PendingLinks {
 public:
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == kMax; }
  bool has(std::uint32_t session) const {
    for (std::size_t i = 0; i < size_; ++i)
      if (links_[i].session == session) return true;
    return false;
  }
  // `proof_at` is where the proof's text stands in the lines that finish() is given. Not when full.
  void add(std::uint32_t session, const TickLine& line, std::size_t proof_at) {
    Link& link = links_[size_++];
    link.session = session;
    link.proof_at = proof_at;
    link.bytes.pack(line);
  }
  // Moves the sessions' chains on and writes the proofs.
  void finish(Slab<Session>& sessions, std::string& lines) {
    std::array<HashJob, kMax> jobs{};
    std::array<Proof, kMax> proofs{};
    for (std::size_t i = 0; i < size_; ++i) {
      links_[i].bytes.set_prev(sessions[links_[i].session].proof);
      jobs[i] = {links_[i].bytes.data(), proofs[i].bytes.data()};
    }
    blake2b_each({jobs.data(), size_}, TickLink::kBytes);
    for (std::size_t i = 0; i < size_; ++i) {
      sessions[links_[i].session].proof = proofs[i];
      write_id(lines.data() + links_[i].proof_at, proofs[i]);
    }
    size_ = 0;
  }

 private:
  static constexpr std::size_t kMax = 8;  // as many as are hashed at once
  struct Link {
    std::uint32_t session;
    std::size_t proof_at;
    TickLink bytes;
  };
  std::array<Link, kMax> links_;
  std::size_t size_ = 0;
};

}  // namespace paytick::aggregator
