#pragma once
// What the load asks for each deed, and whether the answer is right. Pure: no socket, no clock.
//
// It keeps of each viewer what can be judged from outside: the highest limit that was ever set, which what is
// spent must not pass; what was acknowledged, which must be on the viewer's bill, and nothing beside it; the
// call; whether a pause may hold.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/load/fleet.h"
#include "app/load/http_link.h"
#include "app/load/mix/bill.h"
#include "app/load/mix/deeds.h"
#include "app/load/mix/stage.h"
#include "model/money.h"

namespace paytick::app::load {

// How an answer is counted.
struct Verdict {
  enum class Kind : std::uint8_t {
    done,
    refused,  // as such a viewer must expect: no balance, the limit, paused
    again,    // the gateway is busy or does not know: the same request is due once more
    wrong
  };
  Kind kind = Kind::done;
  std::string code;   // unless it was done
  std::string words;  // of what is wrong
};

class MixViewers {
 public:
  MixViewers(const Stage& stage, const std::vector<Viewer>& fleet);

  // The request of a deed, which may take effect from now on. Nothing when there is nothing to do: no call
  // to hang up.
  std::optional<HttpLink::Order> order(const Deed& deed);
  // Each answer to it. `second`: of one that is repeated after its answer. `was_paused`: is_paused() when it
  // was sent.
  Verdict judge(const Deed& deed, bool second, bool was_paused, unsigned status, std::string_view body);

  const Film& film_of(std::uint32_t viewer) const;
  bool may_watch(std::uint32_t viewer) const;  // has joined, where that is wanted
  bool is_paused(std::uint32_t viewer) const { return states_[viewer].paused; }
  // Whether a refused ping is what this viewer must expect.
  bool expects(std::uint32_t viewer, std::string_view code, bool was_paused) const;

  // How things stand, before the first deed and after the last.
  HttpLink::Order spent_order(std::uint32_t viewer) const;
  Result<void> read_begin(std::uint32_t viewer, unsigned status, std::string_view body);
  // What was spent since: code "limit_passed" or "bad_answer" when that cannot be.
  Result<Amount> read_spent(std::uint32_t viewer, unsigned status, std::string_view body) const;
  // Hangs up and resumes.
  std::vector<Deed> last_deeds() const;

  // What was acknowledged, to be compared with what the history says.
  const Acknowledged& acknowledged(std::uint32_t viewer) const { return states_[viewer].acknowledged; }
  HttpLink::Order history_order(std::uint32_t viewer, std::string_view cursor) const;

 private:
  struct State {
    Amount spent_before;
    Amount limit_max{10 * kUnitsPerWhole};
    Acknowledged acknowledged;
    std::string call;                                           // while one runs
    bool joined = false, paused = false;                        // paused: may be
    std::map<std::uint64_t, std::string> first;                 // what repeated deeds were answered first
    std::set<std::string, std::less<>> tickets, maybe_tickets;  // acknowledged; asked for
  };
  std::string target(std::string_view path, std::uint32_t viewer) const;
  std::string look(const Deed& deed) const;
  const std::string& show_of(const Deed& deed) const;
  Verdict refusal(const Deed& deed, bool second, bool was_paused, unsigned status,
                  std::string_view body) const;
  // Empty when it is right.
  std::string take(State& state, const Deed& deed, std::string_view body);
  std::string take_paid(State& state, const Deed& deed, std::string_view body);
  std::string check_look(const State& state, const Deed& deed, std::string_view body) const;

  const Stage& stage_;
  std::vector<std::string> meters_;
  std::vector<State> states_;
};

// The value of a member as it stands there: a text without its quotes, a number's digits.
std::optional<std::string_view> raw_member(std::string_view json, std::string_view name);

}  // namespace paytick::app::load
