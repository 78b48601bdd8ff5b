#include "app/load/mix/link_pool.h"

namespace paytick::app::load {

LinkPool::LinkPool(boost::asio::io_context& io, const std::vector<Endpoint>& gateways, std::size_t links) {
  for (std::size_t i = 0; i < links; ++i) {
    links_.push_back(std::make_unique<HttpLink>(io, gateways[i % gateways.size()], "", ""));
    idle_.push_back(links_.back().get());
  }
}

void LinkPool::ask(HttpLink::Order order, Answered answered) {
  waiting_.emplace_back(std::move(order), std::move(answered));
  feed();
}

void LinkPool::feed() {
  while (!idle_.empty() && !waiting_.empty()) {
    HttpLink* const link = idle_.back();
    idle_.pop_back();
    auto [order, answered] = std::move(waiting_.front());
    waiting_.pop_front();
    link->ask(std::move(order),
              [this, link, answered = std::move(answered)](const Result<HttpLink::Answer>& answer) {
                idle_.push_back(link);
                if (answer) {
                  answered(answer->status, answer->body);
                } else {
                  answered(0, R"({"error":{"code":")" + answer.error().code + "\"}}");
                }
                feed();
              });
  }
}

}  // namespace paytick::app::load
