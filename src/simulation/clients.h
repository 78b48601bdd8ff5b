#pragma once
// Those who talk to the gateway: viewers on sockets, and a platform that sends batches. What was not accepted
// is sent again; what was told to be taken or paid is remembered for the audit.

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "simulation/gateway_host.h"

namespace paytick::simulation {

// What a client was told, and what the log must therefore hold: the auditor writes both in these words.
std::string promise_of(const Input& input);
std::string promise_of(const SessionId& session, TimeMs paid_until);

class Clients final : public GatewayHost::Client {
 public:
  Clients(GatewayHost& gateway, SeededRandom& random, VirtualClock& clock, Faults& faults);

  void add(const Open& viewer);                                       // viewer, meter and content of it
  std::function<void(const ViewerId&, const SessionId&)> on_session;  // that somebody was told of
  void act();                                                         // one of them does something
  void send_batch();  // what the platform has not heard `accepted` of
  bool idle() const { return unsent_.empty() && runs_.empty(); }
  const std::set<std::string>& promises() const { return promises_; }
  std::uint64_t told() const { return told_; }

  void on_text(ingest::ConnId conn, const std::string& text) override;
  void on_answer(ingest::RunId run, const std::string& lines) override;
  void on_gone() override;

 private:
  struct Line {  // of a batch
    std::size_t who = 0;
    std::string name, text, promise;
  };
  struct Viewer {
    Open open;
    std::optional<ingest::ConnId> conn;
    std::string resume_token;
    std::int64_t seq = 0;
    // At the platform:
    std::uint64_t names = 0, batch_seq = 0;
    std::string name, attachment;  // empty: plays nothing there
    TimeMs since;
  };
  void on_socket(Viewer& v);
  void ping(Viewer& v);
  void at_platform(std::size_t who);
  void push(std::size_t who, const std::string& type, const Input& input);
  void refused(const Line& line, const std::string& code);

  GatewayHost& gateway_;
  SeededRandom& random_;
  VirtualClock& clock_;
  Faults& faults_;
  const ingest::Platform platform_;
  std::uint64_t connections_ = 0, told_ = 0;
  std::vector<Viewer> viewers_;
  std::deque<Line> unsent_;
  std::map<std::uint64_t, std::vector<Line>> runs_;
  std::set<std::string> promises_;
};

}  // namespace paytick::simulation
