#pragma once
// The public id of a call: "call_" and base64url of session (16 bytes), viewer (32), creator (32) and a keyed
// mac (8). Any gateway of the installation can tell whose call it is, and where it is billed, without asking
// anybody; and nobody can name a call that was not given out. Thread-safe after construction.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/resume_tokens.h"
#include "model/ids.h"
#include "model/plan.h"

namespace paytick::ingest {

struct CallRef {
  SessionId session;
  ViewerId viewer;    // who pays
  CreatorId creator;  // who earns
  friend bool operator==(const CallRef&, const CallRef&) = default;
};

class CallIds {
 public:
  // The installation's key; calls' macs are made under one that is derived from it.
  explicit CallIds(const ResumeTokens::Key& key);

  std::string issue(const CallRef& call) const;
  // Nothing for anything but what issue() gave under this key; compared in constant time.
  std::optional<CallRef> parse(std::string_view id) const;

  static bool looks_like_one(std::string_view text) { return text.starts_with("call_"); }

 private:
  std::array<std::uint8_t, 32> key_{};
};

// What a call that was begun with this key is called: the same for a repeated request. The session also says
// with whom and at which price, the attachment does not: the fold takes an attachment once, so that the same
// key for another call begins nothing.
SessionId call_session(const ViewerId& viewer, std::string_view key, const CreatorId& creator,
                       const Plan& plan);
// What calls with a creator are billed as. One of each creator, since the fold keeps every content for ever.
ContentId calls_of(const CreatorId& creator);
// A call has one attachment, whoever ends it.
AttachmentId call_attachment(const SessionId& session);

}  // namespace paytick::ingest
