#include "app/play/player.h"

#include <rapidjson/document.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <thread>

namespace paytick::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Socket = beast::websocket::stream<asio::ip::tcp::socket>;

bool is_answer(const std::string& text) {
  rapidjson::Document message;
  message.Parse(text.c_str());
  if (!message.IsObject() || !message.HasMember("type") || !message["type"].IsString()) return true;
  const std::string_view type = message["type"].GetString();
  return type == "tick" || type == "error";
}

Result<PlayerUpdate> understand(const std::string& text) {
  rapidjson::Document answer;
  answer.Parse(text.c_str());
  if (!answer.IsObject()) return fail("socket", "the server answered no JSON: " + text);
  const auto member = [&](const char* name) -> std::string {
    return answer.HasMember(name) && answer[name].IsString() ? answer[name].GetString() : "";
  };
  if (member("type") != "tick")
    return fail(member("code").empty() ? "error" : member("code"), member("message"));
  PlayerUpdate update;
  update.new_balance = member("newBalance");
  update.session = member("session");
  if (answer.HasMember("paidUntil") && answer["paidUntil"].IsInt64())
    update.paid_until_ms = answer["paidUntil"].GetInt64();
  return update;
}

}  // namespace

Result<PlayerUpdate> play(const PlayerOptions& options,
                          const std::function<void(const PlayerUpdate&)>& show) {
  const std::string authority = options.url.substr(options.url.find("://") + 3);
  const auto colon = authority.rfind(':');
  if (colon == std::string::npos) return fail("connect", "'" + options.url + "' names no port");
  asio::io_context io;
  Socket socket(io);
  try {
    asio::ip::tcp::resolver resolver(io);
    asio::connect(socket.next_layer(),
                  resolver.resolve(authority.substr(0, colon), authority.substr(colon + 1)));
    socket.next_layer().set_option(asio::ip::tcp::no_delay(true));
    socket.handshake(authority, "/ws");
  } catch (const std::exception& error) {
    return fail("connect", "cannot open a socket to " + options.url + ": " + error.what(), Next::retry);
  }
  const std::string ping =
      R"({"type":"ping","videoId":")" + options.content + R"(","contractId":")" + options.meter + R"("})";
  PlayerUpdate last;
  const auto begin = std::chrono::steady_clock::now();
  try {
    for (int i = 0; i < options.pings; ++i) {
      std::this_thread::sleep_until(begin + i * options.period);
      const auto sent = std::chrono::steady_clock::now();
      socket.write(asio::buffer(ping));
      std::string answer;
      do {  // news, such as a low balance, are no answer
        beast::flat_buffer buffer;
        socket.read(buffer);
        answer = beast::buffers_to_string(buffer.data());
      } while (!is_answer(answer));
      auto update = understand(answer);
      if (!update) return update;
      update->ping = i + 1;
      update->latency =
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - sent);
      last = *update;
      if (show) show(last);
    }
    // Closed before the next tick begins, so that nothing more is bought or due.
    std::this_thread::sleep_until(begin + options.pings * options.period - options.period / 10);
    socket.close(beast::websocket::close_code::normal);
  } catch (const std::exception& error) {
    return fail("socket", std::string("the connection broke: ") + error.what(), Next::retry);
  }
  return last;
}

}  // namespace paytick::app
