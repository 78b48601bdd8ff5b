#include "case_runner.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "aggregator/fold.h"
#include "invariants/every.h"
#include "model/codec.h"
#include "model/hash.h"
#include "model/name_ids.h"
#include "simulation/auditor.h"

namespace paytick::oracle {
namespace {

using aggregator::Fold;
using aggregator::FoldOutput;
using rapidjson::Value;

template <typename Id>
Id id_of(std::string_view kind, std::string_view name) {
  Id id;
  blake2b(std::string(kind) + ":" + std::string(name), id.bytes);
  return id;
}
AccountId account(std::string_view name) { return id_of<AccountId>("account", name); }
MeterId meter_id(std::string_view name) { return id_of<MeterId>("meter", name); }

// The fields of a packed event, in pack.py's order.
class Fields {
 public:
  explicit Fields(const Value& event) : event_(event) {}
  std::string text(unsigned i) const { return has(i) ? event_[i + 2].GetString() : std::string(); }
  std::int64_t number(unsigned i) const { return event_[i + 2].GetInt64(); }
  bool has(unsigned i) const { return i + 2 < event_.Size() && !event_[i + 2].IsNull(); }

 private:
  const Value& event_;
};

class CaseRunner {
 public:
  explicit CaseRunner(const Value& given) : given_(given) {
    t0_ = given["t0"].GetInt64();
    for (const Value& p : given["plans"].GetArray()) {
      Plan plan;
      plan.tick_ms = p[0].GetInt();
      plan.price_per_tick = Amount(p[1].GetInt64());
      plan.heartbeat_ms = p[2].GetInt();
      plan.minimum_ticks = p[3].GetInt();
      plan.platform_bps = static_cast<std::uint16_t>(p[4].GetInt());
      plan.refund_unused = p[5].GetInt() != 0;
      plan.id = derive_plan_id(plan);
      plans_.push_back(plan);
    }
  }

  Outcome run(RunOptions options) {
    outcome_.name = given_["name"].GetString();
    int at = 0;
    for (const Value& event : given_["events"].GetArray()) {
      if (at++ == options.snapshot_at) branch();
      const std::int64_t t = t0_ + event[1].GetInt64();
      std::string record;
      const Input line = input(event[0].GetString(), t, Fields(event));
      auditor_.input({t}, line);
      codec::write(line, record);
      std::string again = record;
      out_.clear();
      fold_.apply(Offset{at}, {t}, record, out_);
      if (twin_) {
        FoldOutput other;
        twin_->apply(Offset{at}, {t}, again, other);
        if (other.lines != out_.lines) differ("after the snapshot: " + other.lines + " is not " + out_.lines);
      }
      observe({t});
    }
    compare(given_["expect"]);
    if (const auto what = auditor_.difference()) differ("the auditor: " + *what);
    return std::move(outcome_);
  }

 private:
  void differ(std::string what) { outcome_.differences.push_back(std::move(what)); }

  void branch() {
    const auto chunks = fold_.snapshot(Offset{7}, FrameHash{}).all();
    auto restored = Fold::restore({}, source_of(chunks));
    if (!restored) return differ("restore: " + restored.error().code);
    twin_ = std::move(restored->fold);
    if (twin_->snapshot(Offset{7}, FrameHash{}).all() != chunks)
      differ("a snapshot of the restored state differs");
  }

  AttachmentId attachment(const std::string& name) { return id_of<AttachmentId>("attachment", name); }
  SessionId session(const std::string& name) {
    const auto id = id_of<SessionId>("session", name);
    session_names_[id] = name;
    return id;
  }
  std::optional<SessionId> maybe_session(const std::string& name) {
    return name.empty() ? std::nullopt : std::optional(session(name));
  }

  Input input(const std::string& type, std::int64_t t, const Fields& f) {
    if (type == "heartbeat") return Heartbeat{{}, attachment(f.text(1)), ++seq_, {t + f.number(0)}};
    if (type == "stop") return Stop{{}, attachment(f.text(1)), {t + f.number(0)}};
    if (type == "clock") return Clock{};
    if (type == "gateway") return GatewayStarted{id_of<GatewayId>("gateway", f.text(0)), boot(f.number(1))};
    if (type == "open") return open(t, f);
    if (type == "meter") return report(f);
    if (type == "limit") return Limit{account(f.text(0)), Amount(f.number(1)), period(f.text(2))};
    if (type == "pause") return Pause{account(f.text(0)), maybe_session(f.text(1))};
    if (type == "resume") return Resume{account(f.text(0)), maybe_session(f.text(1))};
    if (type == "freeze") return Freeze{account(f.text(0)), "test"};
    if (type == "unfreeze") return Unfreeze{account(f.text(0)), "test"};
    if (type == "charge") return charge(f);
    return Credit{account(f.text(0)),           meter_id(f.text(1)), Amount(f.number(2)),
                  "c" + std::to_string(++seq_), f.text(3),           ""};
  }

  static std::uint64_t boot(std::int64_t b) { return static_cast<std::uint64_t>(b); }
  static Period period(const std::string& word) {
    return word == "day" ? Period::day : word == "month" ? Period::month : Period::total;
  }

  Open open(std::int64_t t, const Fields& f) {
    Open e;
    e.at = {t + f.number(0)};
    e.session = session(f.text(1));
    e.attachment = attachment(f.text(2));
    e.viewer = account(f.text(3));
    e.meter = meter_id(f.text(4));
    e.content = id_of<ContentId>("content", f.text(5));
    e.creator = account(f.text(6));
    e.plan = plans_[static_cast<std::size_t>(f.number(7))];
    e.gateway = id_of<GatewayId>("gateway", f.text(8));
    e.boot = boot(f.number(9));
    e.resume = maybe_session(f.text(10));
    meter_names_[e.meter] = f.text(4);
    creator_names_[e.creator] = f.text(6);
    return e;
  }

  MeterReport report(const Fields& f) {
    MeterReport e;
    e.viewer = account(f.text(0));
    e.meter = meter_id(f.text(1));
    meter_names_[e.meter] = f.text(1);
    e.deposited = Amount(f.number(2));
    e.refunded = Amount(f.number(3));
    e.allowance = Amount(f.number(4));
    e.version = static_cast<std::uint64_t>(f.number(5));
    return e;
  }

  Charge charge(const Fields& f) {
    Charge e;
    e.viewer = account(f.text(0));
    e.meter = meter_id(f.text(1));
    e.creator = account(f.text(2));
    e.bps = static_cast<std::uint16_t>(f.number(3));
    e.key = f.text(4);
    e.amount = Amount(f.number(5));
    e.kind = f.text(6) == "ticket" ? ChargeKind::ticket : ChargeKind::tip;
    meter_names_[e.meter] = f.text(1);
    creator_names_[e.creator] = f.text(2);
    return e;
  }

  // What the lines and views say after each event; closed sessions are forgotten by the fold in time.
  void observe(TimeMs t) {
    codec::for_each_line(out_.lines, [&](codec::MutableLine line) {
      const auto parsed = codec::parse_output(line);
      if (!parsed) return differ("an output line does not parse: " + parsed.error().message);
      if (const auto* halt = std::get_if<HaltLine>(&*parsed)) {
        halts_.emplace_back(session_names_[halt->session], std::string(codec::to_text(halt->reason)));
      }
      refused_ += std::holds_alternative<RejectedLine>(*parsed) ? 1 : 0;
      late_ += std::holds_alternative<LateLine>(*parsed) ? 1 : 0;
      now_ = std::max(now_, t);
      if (const auto fine = invariants_.check(*parsed, {{}, {}, now_, now_}); !fine)
        differ(fine.error().code + ": " + fine.error().message);
      follow(*parsed);
      auditor_.output(*parsed);
    });
    for (const auto& view : fold_.sessions()) sessions_[session_names_[view.session]] = view;
  }

  // The lines alone must tell the sums: cumulative, newest wins.
  void follow(const Output& output) {
    const auto money = [&](SumId sum, Amount charged, Amount due) { line_sums_[sum] = {charged, due}; };
    if (const auto* l = std::get_if<TickLine>(&output)) money(l->sum, l->charged, l->due);
    if (const auto* l = std::get_if<AdjustLine>(&output)) money(l->sum, l->charged, l->due);
    if (const auto* l = std::get_if<ChargeLine>(&output)) money(l->sum, l->charged, l->due);
    if (const auto* l = std::get_if<DueLine>(&output)) {
      for (const auto& [sum, due] : l->sums) line_sums_[sum].second = due;
    }
    if (const auto* l = std::get_if<SumLine>(&output)) line_sums_[l->sum] = {};
  }

  template <typename A, typename B>
  void same(const std::string& what, const A& got, const B& want) {
    if (got == want) return;
    std::ostringstream text;
    text << what << ": " << got << ", expected " << want;
    differ(text.str());
  }

  void compare(const Value& expect) {
    if (expect.HasMember("sessions")) compare_sessions(expect["sessions"]);
    if (expect.HasMember("meters")) compare_meters(expect["meters"]);
    if (expect.HasMember("sums")) compare_sums(expect["sums"]);
    if (expect.HasMember("halts")) {
      std::string want;
      for (const Value& h : expect["halts"].GetArray()) {
        want += std::string(h[0].GetString()) + ":" + h[1].GetString() + " ";
      }
      std::string got;
      for (const auto& [name, reason] : halts_) got.append(name).append(":").append(reason).append(" ");
      same("halts", got, want);
    }
    if (expect.HasMember("refused")) {
      same("refused", refused_, expect["refused"].GetInt());
      same("refused by the auditor", auditor_.refused(), expect["refused"].GetUint64());
    }
    if (expect.HasMember("late")) {
      same("late", late_, expect["late"].GetInt());
      same("late by the auditor", auditor_.late(), expect["late"].GetUint64());
    }
  }

  void compare_sessions(const Value& expect) {
    same("number of sessions", sessions_.size(), expect.MemberCount());
    for (const auto& s : expect.GetObject()) {
      const std::string name = s.name.GetString();
      const auto& got = sessions_[name];
      const auto audited = auditor_.sessions()[id_of<SessionId>("session", name)];
      same(name + " ticks by the auditor", audited.ticks, s.value["ticks"].GetInt64());
      same(name + " ticks", got.ticks, s.value["ticks"].GetInt64());
      same(name + " amount", got.amount.units(), s.value["amount"].GetInt64());
      const std::string halt = got.halt ? std::string(codec::to_text(*got.halt)) : "null";
      same(name + " halt", halt,
           s.value["halt"].IsNull() ? std::string("null") : s.value["halt"].GetString());
    }
  }

  // A meter or sum that the model made up by looking at it is one of zeros here, and the other way round.
  void compare_meters(const Value& expect) {
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> got;
    for (const auto& m : fold_.meters()) {
      got[meter_names_[m.meter]] = {m.charged.units(), m.spendable.units()};
    }
    for (const auto& m : expect.GetObject()) {
      const auto [charged, spendable] = got[m.name.GetString()];
      same(std::string(m.name.GetString()) + " spendable by the auditor",
           auditor_.spendable(meter_id(m.name.GetString())), m.value["spendable"].GetInt64());
      same(std::string(m.name.GetString()) + " charged", charged, m.value["charged"].GetInt64());
      same(std::string(m.name.GetString()) + " spendable", spendable, m.value["spendable"].GetInt64());
    }
  }

  void compare_sums(const Value& expect) {
    struct Sum {
      std::int64_t charged = 0, due = 0, platform = 0;
    };
    std::map<std::string, Sum> got;
    for (const auto& s : fold_.sums()) {
      const std::string name =
          meter_names_[s.meter] + "|" + creator_names_[s.creator] + "|" + std::to_string(s.bps);
      got[name] = {s.charged.units(), s.due.units(), invariants::shares_of(s.due, s.bps).platform.units()};
      same(name + " charged by the lines", line_sums_[s.sum].first.units(), s.charged.units());
      same(name + " due by the lines", line_sums_[s.sum].second.units(), s.due.units());
      if (!expect.HasMember(name.c_str())) {
        same(name + " charged, unknown to the model", s.charged.units(), 0);
      }
    }
    for (const auto& s : expect.GetObject()) {
      const std::string name = s.name.GetString();
      same(name + " charged", got[name].charged, s.value["charged"].GetInt64());
      same(name + " due", got[name].due, s.value["due"].GetInt64());
      same(name + " platform", got[name].platform, s.value["platform"].GetInt64());
    }
  }

  const Value& given_;
  std::int64_t t0_ = 0;
  std::vector<Plan> plans_;
  Fold fold_{aggregator::FoldConfig{}};
  std::optional<Fold> twin_;
  FoldOutput out_;
  simulation::Auditor auditor_;
  invariants::Every invariants_;
  TimeMs now_;
  std::uint64_t seq_ = 0;
  std::map<SessionId, std::string> session_names_;
  std::map<MeterId, std::string> meter_names_;
  std::map<CreatorId, std::string> creator_names_;
  std::map<std::string, aggregator::SessionView> sessions_;
  std::map<SumId, std::pair<Amount, Amount>> line_sums_;
  std::vector<std::pair<std::string, std::string>> halts_;
  int refused_ = 0;
  int late_ = 0;
  Outcome outcome_;
};

// RapidJSON's vector code reads up to a whole register past the end.
void parse(rapidjson::Document& document, std::string line) {
  line.append(16, '\0');
  document.Parse(line.c_str());
}

}  // namespace

Outcome run_case(const std::string& line, RunOptions options) {
  rapidjson::Document document;
  parse(document, line);
  if (document.HasParseError() || !document.IsObject())
    return {"?", {"not a packed case: " + line.substr(0, 200)}};
  return CaseRunner(document).run(options);
}

int events_in(const std::string& line) {
  rapidjson::Document document;
  parse(document, line);
  return document.IsObject() ? static_cast<int>(document["events"].Size()) : 0;
}

}  // namespace paytick::oracle
