#pragma once
// What a partition's inputs must cost, written plainly as sets of ticks (DESIGN.md §3). Shares no code with
// the fold, only the model's types. Slow and simple on purpose. Covers open, heartbeat, stop, clock, gateway
// and meter lines; other inputs are counted in `unknown`.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "model/inputs.h"
#include "model/outputs.h"

namespace paytick::simulation {

class Auditor {
 public:
  struct Money {
    std::int64_t charged = 0, due = 0;
  };
  using SumKey = std::tuple<MeterId, CreatorId, std::uint16_t>;

  void input(TimeMs append_time, const Input& input);
  // A line that counts on `ticks`, in order. Together they must tell the same bill.
  void output(const Output& line);

  // Nothing when the lines agree with the inputs; else the first difference in words.
  std::optional<std::string> difference() const;
  const std::map<SumKey, Money>& sums() const { return sums_; }
  std::uint64_t unknown() const { return unknown_; }

 private:
  struct Screen {
    GatewayId gateway;
    std::uint64_t boot = 0;
    std::int64_t at = 0, t = 0;
    std::int64_t late_ms = kLateMsDefault;
  };
  struct Session {
    Open open;
    std::set<std::int64_t> bought, due, fixed;
    std::map<AttachmentId, Screen> screens;
    bool closed = false;
    std::int64_t last = 0;
    std::int64_t begins(std::int64_t k) const { return open.at.ms + k * open.plan.tick_ms; }
    std::int64_t ends() const { return bought.empty() ? open.at.ms : begins(*bought.rbegin() + 1); }
    SumKey sum() const { return {open.meter, open.creator, open.plan.platform_bps}; }
  };
  struct Meter {
    std::optional<ViewerId> viewer;
    std::int64_t deposited = 0, refunded = 0, allowance = 0, charged = 0;
    std::optional<std::uint64_t> version;
  };

  void on(const Open& e);
  void on(const Heartbeat& e);
  void on(const Stop& e);
  void on(const Clock& e);
  void on(const GatewayStarted& e);
  void on(const MeterReport& e);
  void make_due(Session& s, std::int64_t k);
  void give_back(Session& s, std::int64_t at);
  bool alive(const Session& s, const Screen& a) const;
  Session* find(const AttachmentId& id);

  std::int64_t now_ = 0;
  std::vector<Session> sessions_;
  std::set<AttachmentId> known_;
  std::map<AttachmentId, std::size_t> where_;
  std::map<MeterId, Meter> meters_;
  std::map<ViewerId, std::int64_t> spent_;
  std::map<SumKey, Money> sums_;
  std::uint64_t unknown_ = 0;

  // As the lines tell it.
  std::map<SumId, SumKey> line_names_;
  std::map<SumId, Money> line_sums_;
  std::map<SessionId, std::set<std::int64_t>> line_ticks_;
  std::optional<std::string> line_trouble_;
};

}  // namespace paytick::simulation
