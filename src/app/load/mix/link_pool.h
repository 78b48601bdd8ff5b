#pragma once
// Requests over some kept-alive connections, in the order they were asked for. One thread: the loop's.

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "app/load/http_link.h"

namespace paytick::app::load {

class LinkPool {
 public:
  // `status` 0: there was no answer.
  using Answered = std::function<void(unsigned status, std::string_view body)>;

  LinkPool(boost::asio::io_context& io, const std::vector<Endpoint>& gateways, std::size_t links);

  void ask(HttpLink::Order order, Answered answered);
  bool is_quiet() const { return waiting_.empty() && idle_.size() == links_.size(); }
  std::size_t size() const { return links_.size(); }

 private:
  void feed();

  std::vector<std::unique_ptr<HttpLink>> links_;
  std::vector<HttpLink*> idle_;
  std::deque<std::pair<HttpLink::Order, Answered>> waiting_;
};

}  // namespace paytick::app::load
