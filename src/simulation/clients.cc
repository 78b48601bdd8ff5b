#include "simulation/clients.h"

#include <utility>

#include "model/name_ids.h"

namespace paytick::simulation {
namespace {

// The value of a member of an answer, or nothing.
std::string member(const std::string& text, const std::string& name) {
  const std::string key = '"' + name + "\":";
  auto at = text.find(key);
  if (at == text.npos) return {};
  at += key.size();
  if (text[at] == '"') return text.substr(at + 1, text.find('"', at + 1) - at - 1);
  return text.substr(at, text.find_first_of(",}", at) - at);
}

std::string quoted(const std::string& name, const std::string& value) {
  return ",\"" + name + "\":\"" + value + '"';
}

}  // namespace

std::string promise_of(const Input& input) {
  if (const auto* e = std::get_if<Open>(&input)) return "open " + to_text(e->attachment);
  if (const auto* e = std::get_if<Stop>(&input)) return "stop " + to_text(e->attachment);
  if (const auto* e = std::get_if<Heartbeat>(&input))
    return "heartbeat " + to_text(e->attachment) + ' ' + std::to_string(e->seq) + ' ' +
           std::to_string(e->at.ms);
  return {};
}

std::string promise_of(const SessionId& session, TimeMs paid_until) {
  return "paid " + to_text(session) + ' ' + std::to_string(paid_until.ms);
}

Clients::Clients(GatewayHost& gateway, SeededRandom& random, VirtualClock& clock, Faults& faults)
    : gateway_(gateway),
      random_(random),
      clock_(clock),
      faults_(faults),
      platform_{.id = random.id<PlatformId>()} {
  gateway_.serve(*this);
}

void Clients::add(const Open& viewer) {
  Viewer v;
  v.open = viewer;
  viewers_.push_back(std::move(v));
}

void Clients::act() {
  const std::size_t who = random_.below(viewers_.size());
  if (random_.one_in(2)) return at_platform(who);
  if (gateway_.up()) on_socket(viewers_[who]);
}

void Clients::on_socket(Viewer& v) {
  if (!v.conn) {
    v.conn = ingest::ConnId{++connections_};
    gateway_.core().on_open(*v.conn, clock_.time);
    if (!v.resume_token.empty()) faults_.fired("reconnected_with_token");
  } else if (random_.one_in(10)) {
    gateway_.core().on_close(*std::exchange(v.conn, std::nullopt), clock_.time);
    if (random_.one_in(3)) v.resume_token.clear();
    return;
  }
  ping(v);
  if (faults_.repeats_ping()) ping(v);
}

void Clients::ping(Viewer& v) {
  std::string text = R"({"type":"ping")" + quoted("videoId", to_text(v.open.content)) +
                     quoted("contractId", to_text(v.open.meter)) + R"(,"seq":)" + std::to_string(++v.seq);
  if (!v.resume_token.empty()) text += quoted("resumeToken", v.resume_token);
  text += '}';
  const std::size_t size = text.size();
  gateway_.core().on_message(*v.conn, {text.data(), size}, clock_.time);
}

void Clients::at_platform(std::size_t who) {
  Viewer& v = viewers_[who];
  if (v.name.empty()) {
    v.name = "s" + std::to_string(v.names / 2);  // every second attachment continues a session
    v.attachment = "a" + std::to_string(v.names++);
    v.since = clock_.time;
    Open open = v.open;
    open.at = clock_.time;
    return push(who, "open", open);
  }
  if (random_.one_in(10)) {
    push(who, "stop", Stop{{}, {}, clock_.time});
    v.name.clear();
    return;
  }
  const TimeMs at{std::max(v.since.ms, clock_.time.ms - random_.upto(3'000))};
  push(who, "heartbeat", Heartbeat{{}, {}, ++v.batch_seq, at});
}

// Ids are left to the gateway; what it will make of the names is known from the names.
void Clients::push(std::size_t who, const std::string& type, const Input& input) {
  const Viewer& v = viewers_[who];
  const std::string name = std::to_string(who) + '-' + v.name;
  const std::string attachment = std::to_string(who) + '-' + v.attachment;
  std::string text =
      R"({"type":")" + type + '"' + quoted("session", name) + quoted("attachment", attachment) + R"(,"at":)";
  Input promised = input;
  const AttachmentId id = derive_attachment_id(platform_.id, v.open.viewer, attachment);
  if (auto* open = std::get_if<Open>(&promised)) {
    open->attachment = id;
    text += std::to_string(open->at.ms) + quoted("viewer", to_text(open->viewer)) +
            quoted("meter", to_text(open->meter)) + quoted("content", to_text(open->content));
  } else if (auto* heartbeat = std::get_if<Heartbeat>(&promised)) {
    heartbeat->attachment = id;
    text += std::to_string(heartbeat->at.ms) + R"(,"seq":)" + std::to_string(heartbeat->seq);
  } else if (auto* stop = std::get_if<Stop>(&promised)) {
    stop->attachment = id;
    text += std::to_string(stop->at.ms);
  }
  unsent_.push_back({who, attachment, text + "}\n", promise_of(promised)});
}

void Clients::send_batch() {
  if (!gateway_.up() || unsent_.empty()) return;
  std::vector<Line> lines;
  std::string body;
  for (std::size_t n = 1 + random_.below(6); n > 0 && !unsent_.empty(); --n) {
    const std::size_t i = faults_.overtakes() ? random_.below(unsent_.size()) : 0;
    lines.push_back(unsent_[i]);
    body += unsent_[i].text;
    if (!faults_.repeats_line()) unsent_.erase(unsent_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  ingest::GatewayCore& core = gateway_.core();
  const ingest::RunId run = core.begin_batch(platform_, std::move(body));
  runs_[static_cast<std::uint64_t>(run)] = std::move(lines);
  while (core.step_batch(run, 3, clock_.time) == ingest::BatchDesk::Progress::more) {
  }
}

void Clients::on_text(ingest::ConnId conn, const std::string& text) {
  faults_.note("told " + text);
  if (member(text, "type") != "tick") return;
  const auto session = parse_id<SessionId>(member(text, "session"));
  promises_.insert(promise_of(session.value_or(SessionId{}), TimeMs{std::stoll(member(text, "paidUntil"))}));
  ++told_;
  for (Viewer& v : viewers_) {
    if (v.conn != conn) continue;
    v.resume_token = member(text, "resumeToken");
    if (session && on_session) on_session(v.open.viewer, *session);
  }
}

void Clients::on_answer(ingest::RunId run, const std::string& lines) {
  faults_.note("answered " + lines);
  auto sent = runs_.extract(static_cast<std::uint64_t>(run));
  if (sent.empty()) return;
  std::size_t begin = 0;
  for (const Line& line : sent.mapped()) {
    const std::string answer = lines.substr(begin, lines.find('\n', begin) - begin);
    begin += answer.size() + 1;
    if (member(answer, "status") == "accepted") {
      promises_.insert(line.promise);
      ++told_;
    } else {
      refused(line, member(answer, "code"));
    }
  }
}

void Clients::refused(const Line& line, const std::string& code) {
  if (code == "try_again" || code == "log_full" || code == "unknown_contract" || code == "unknown_content") {
    unsent_.push_back(line);  // the meter or the content may not have come around yet
    return;
  }
  // Closed, or forgotten by a gateway that restarted: begins anew under another name.
  Viewer& v = viewers_[line.who];
  if (line.name == std::to_string(line.who) + '-' + v.attachment) v.name.clear();
}

void Clients::on_gone() {
  for (Viewer& v : viewers_) v.conn.reset();
  // No answer came: all of it is sent again.
  for (auto& [run, lines] : runs_)
    for (Line& line : lines) unsent_.push_back(std::move(line));
  runs_.clear();
}

}  // namespace paytick::simulation
