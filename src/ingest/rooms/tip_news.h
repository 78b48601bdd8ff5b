#pragma once
// That a tip was given: told to everybody in its room, and to the creator's own sockets, on every gateway.
// Pure.
//
// On its way to other gateways it is a record of the topic `replies` without a key. Hints may be lost, so a
// gateway passes over what it does not know:
//
//   record := 0x4e ('N'), version (1), id (16), creator (32), n (1), channel (n), JSON (the rest)

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "model/ids.h"
#include "model/time.h"

namespace paytick::ingest {

using NewsId = Bytes<16, struct NewsTag>;  // derived from the tip's viewer and key: one tip, one id

struct TipNews {
  NewsId id;
  CreatorId creator;    // who earns it
  std::string channel;  // the room
  std::string text;     // the message as sockets get it
};

inline constexpr std::size_t kNewsTextBytesMax = 8 * 1024;

struct Tip {
  ViewerId from;
  CreatorId to;
  std::string key;  // of its charge
  std::int64_t tokens = 0;
  std::string message;
  std::string channel;             // or empty
  std::string stream_id, call_id;  // what it was given during, or empty
  TimeMs at;
};

// {"type":"tip:new:<channel>","channel":"…","fromUsername":"…","amountTokens":100,"message":"…", …}. Without
// a channel it is the creator's own, which is his account.
TipNews news_of(const Tip& tip);
// How an account is shown to others: "GABCD…WXYZ". Names that a client gives itself are not passed on.
std::string shown_name(const AccountId& account);

std::string write_news(const TipNews& news);
std::optional<TipNews> read_news(std::string_view record);

// Which news has been told already; the oldest are forgotten. Not thread-safe.
class ToldNews {
 public:
  static constexpr std::size_t kKept = 10'000;
  // True the first time.
  bool tell(const NewsId& id);

 private:
  std::unordered_set<NewsId> told_;
  std::deque<NewsId> order_;
};

}  // namespace paytick::ingest
