#include "app/load/mix/screen.h"

#include <utility>

namespace paytick::app::load {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

void Screen::connect(const Endpoint& to) {
  beast::get_lowest_layer(ws_).async_connect(to.address, [this, host = to.authority](error_code error) {
    if (error) return broke(error);
    beast::get_lowest_layer(ws_).set_option(asio::ip::tcp::no_delay(true), error);
    ws_.secure_prng(false);  // masks are not secrets here
    ws_.text(true);
    ws_.auto_fragment(false);
    ws_.async_handshake(host, target_, [this](error_code failed) {
      if (failed) return broke(failed);
      open_ = true;
      read();
      events_.opened();
    });
  });
}

void Screen::send(std::string text) {
  if (!open_) return;
  out_.push_back(std::move(text));
  if (out_.size() == 1) write();
}

void Screen::write() {
  ws_.async_write(asio::buffer(out_.front()), [this](error_code error, std::size_t) {
    if (error) return broke(error);
    out_.pop_front();
    if (!out_.empty()) write();
  });
}

void Screen::read() {
  ws_.async_read(in_, [this](error_code error, std::size_t) {
    if (error) return broke(error);
    const auto data = in_.data();
    events_.message({static_cast<const char*>(data.data()), data.size()});
    in_.consume(in_.size());
    if (open_) read();
  });
}

void Screen::broke(const error_code& error) {
  const bool told = std::exchange(closed_, true);
  open_ = false;
  if (!told) events_.broken(error.message());
}

void Screen::close() {
  closed_ = true;
  open_ = false;
  error_code ignored;
  beast::get_lowest_layer(ws_).close(ignored);
}

}  // namespace paytick::app::load
