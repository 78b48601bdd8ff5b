#include "ingest/rooms/rooms.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <map>
#include <utility>

#include "ingest/errors.h"
#include "ingest/protocol.h"

namespace paytick::ingest {
namespace {

// {"type":"room:joined","channel":"…"}
std::string render(std::string_view type, std::string_view channel, std::optional<std::int64_t> seq,
                   const Error* error = nullptr) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> json(out);
  const auto text = [&json](const char* key, std::string_view value) {
    json.Key(key);
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  json.StartObject();
  text("type", type);
  if (error != nullptr) {
    text("code", error->code);
    text("message", error->message);
  }
  text("channel", channel);
  if (seq) {
    json.Key("seq");
    json.Int64(*seq);
  }
  json.EndObject();
  return {out.GetString(), out.GetSize()};
}

}  // namespace

// A lane's sockets, with the lane's number.
class Rooms::LanePort final : public RoomPort {
 public:
  LanePort(Rooms& rooms, std::uint8_t lane) : rooms_(rooms), lane_(lane) {}

  void on_room(ConnId conn, const Identity& who, const Message& message, TimeMs) override {
    const SocketRef socket{lane_, conn};
    std::string channel(message.channel);
    if (message.type == MessageType::room_leave) return rooms_.leave(socket, channel, message.ping.seq);
    rooms_.join(socket, who, channel, message.ping.seq);
  }
  void on_gone(ConnId conn) override { rooms_.gone({lane_, conn}); }
  std::uint8_t lane() const { return lane_; }

 private:
  Rooms& rooms_;
  const std::uint8_t lane_;
};

Rooms::Rooms(Parts parts) : parts_(std::move(parts)) {}
Rooms::~Rooms() = default;

RoomPort& Rooms::of_lane(std::uint8_t lane) {
  const std::lock_guard lock(mutex_);
  for (const auto& port : lanes_)
    if (port->lane() == lane) return *port;
  return *lanes_.emplace_back(std::make_unique<LanePort>(*this, lane));
}

void Rooms::join(const SocketRef& socket, const Identity& who, const std::string& channel,
                 std::optional<std::int64_t> seq) {
  if (channel.empty() || channel.size() > kChannelBytesMax) {
    const Error error{std::string(code::kNotFound), "There is no room of this name."};
    return tell_one(socket, render_error(error, seq));
  }
  {
    const std::lock_guard lock(mutex_);
    joining_.insert(socket);
  }
  parts_.access.check(who, channel, [this, socket, channel, seq](const Result<void>& may) {
    joined(socket, channel, may, seq);
  });
}

void Rooms::joined(const SocketRef& socket, const std::string& channel, const Result<void>& may,
                   std::optional<std::int64_t> seq) {
  Result<void> result = may;
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = joining_.find(socket);
    if (waiting == joining_.end()) return;  // it has gone meanwhile
    joining_.erase(waiting);
    if (result) result = desk_.join(socket, channel);
  }
  tell_one(socket,
           result ? render("room:joined", channel, seq) : render("error", channel, seq, &result.error()));
}

void Rooms::leave(const SocketRef& socket, const std::string& channel, std::optional<std::int64_t> seq) {
  {
    const std::lock_guard lock(mutex_);
    if (channel.empty()) {
      desk_.leave_all(socket);
    } else {
      desk_.leave(socket, channel);
    }
  }
  tell_one(socket, render("room:left", channel, seq));
}

void Rooms::gone(const SocketRef& socket) {
  const std::lock_guard lock(mutex_);
  joining_.erase(socket);
  desk_.leave_all(socket);
}

void Rooms::announce(const Tip& tip) {
  const TipNews news = news_of(tip);
  tell_rooms(news);
  if (parts_.publish) parts_.publish(write_news(news));
}

bool Rooms::heard(std::string_view record) {
  const auto news = read_news(record);
  if (news) tell_rooms(*news);
  return news.has_value();
}

void Rooms::tell_rooms(const TipNews& news) {
  std::map<std::uint8_t, std::set<ConnId>> to;
  {
    const std::lock_guard lock(mutex_);
    if (!told_.tell(news.id)) return;
    for (const SocketRef& socket : desk_.members(news.channel)) to[socket.lane].insert(socket.conn);
    for (const SocketRef& socket : desk_.members(to_text(news.creator))) to[socket.lane].insert(socket.conn);
  }
  const auto text = std::make_shared<const std::string>(news.text);
  for (const auto& [lane, conns] : to) parts_.tell(lane, {conns.begin(), conns.end()}, text);
}

void Rooms::tell_one(const SocketRef& socket, std::string text) const {
  parts_.tell(socket.lane, {socket.conn}, std::make_shared<const std::string>(std::move(text)));
}

std::size_t Rooms::places() const {
  const std::lock_guard lock(mutex_);
  return desk_.places();
}

}  // namespace paytick::ingest
