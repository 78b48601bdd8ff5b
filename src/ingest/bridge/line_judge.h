#pragma once
// One line of `heartbeats-in` in; a line of `heartbeats` with its partition out, or a refusal, or the word
// that something it names is not known yet. Pure: what is known is given.
//
// The rules are those of POST /v1/heartbeats, read by the same reader (protocol_batch.h), but strict: a
// member that the line does not have is refused, because nobody can be told that it was passed over.

#include <cstdint>
#include <optional>

#include "ingest/bridge/name_book.h"
#include "ingest/catalog.h"
#include "ingest/meter_directory.h"
#include "ingest/protocol_batch.h"
#include "model/codec.h"

namespace paytick::ingest {

struct Verdict {
  enum class Kind : std::uint8_t {
    forward,   // `input`, to `partition`
    unknown,   // names a session, content or meter that may come to be known; `error` says which
    repeated,  // a stop that is on the log already: nothing to do
    refused    // `error`
  };
  Kind kind = Kind::refused;
  PartitionId partition{};
  Input input;
  Error error;
  std::optional<SessionId>
      session;  // unknown: the id that the name gives, if it is a session that is not known
};

class LineJudge {
 public:
  // All of them outlive the judge. Lines are `platform`'s; `late_ms` is what its sessions are allowed when
  // the fold takes a line: how long it may have been on its way.
  LineJudge(const PlatformId& platform, std::int64_t late_ms, const NameBook& names, const Catalog& catalog,
            const MeterDirectory& meters)
      : platform_(platform), late_ms_(late_ms), names_(names), catalog_(catalog), meters_(meters) {}

  // The line is destroyed. `taken` is when heartbeats-in took it: what a producer may say of the past and the
  // future is measured from there (DESIGN.md §3, Bounds), so that it does not hang on when a bridge runs.
  // `now` becomes the append time of what is forwarded.
  Verdict judge(codec::MutableLine line, TimeMs taken, TimeMs now) const;

 private:
  Verdict judge_open(const BatchLine& line) const;
  Verdict judge_known(const BatchLine& line) const;

  PlatformId platform_;
  std::int64_t late_ms_;
  const NameBook& names_;
  const Catalog& catalog_;
  const MeterDirectory& meters_;
};

}  // namespace paytick::ingest
