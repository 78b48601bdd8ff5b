#pragma once
// Who is at the door: connections by address, open handshakes, and the rates at which addresses, keys and
// viewers may ask. One for all lanes; any thread. What it remembers is bounded by connections_max and by
// fixed tables.

#include <array>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ingest/auth/identity.h"
#include "ingest/limits.h"
#include "ingest/rate_table.h"
#include "model/error.h"
#include "model/ports.h"

namespace paytick::ingest::server {

using Address = boost::asio::ip::address;

// A network: "10.0.0.0/8", or an address alone.
struct Network {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 as ::ffff:a.b.c.d
  unsigned bits = 128;
  static std::optional<Network> parse(std::string_view text);
  bool has(const Address& address) const;
};

class Visitors {
 private:
  struct Host {
    std::int64_t connections = 0, handshakes = 0;
  };
  struct Name {  // an address of IPv4 as mapped into IPv6, or a /64
    std::array<std::uint8_t, 16> bytes{};
    friend bool operator==(const Name&, const Name&) = default;
  };
  struct NameHash {
    std::size_t operator()(const Name& name) const;
  };
  using Hosts = std::unordered_map<Name, Host, NameHash>;

 public:
  // A connection's place among those of its address; given back when it goes.
  class Visit {
   public:
    Visit() = default;
    Visit(Visit&& other) noexcept
        : visitors_(std::exchange(other.visitors_, nullptr)), host_(other.host_), open_(other.open_) {}
    Visit& operator=(Visit&& other) noexcept {
      std::swap(visitors_, other.visitors_);
      std::swap(host_, other.host_);
      std::swap(open_, other.open_);
      return *this;
    }
    ~Visit() {
      if (visitors_ != nullptr) visitors_->leave(*this);
    }
    void greeted() {  // the first request is complete
      if (visitors_ != nullptr && open_) visitors_->greeted(*this);
    }

   private:
    friend class Visitors;
    Visitors* visitors_ = nullptr;
    Hosts::value_type* host_ = nullptr;
    bool open_ = false;
  };

  // Code "bad_config": a trusted proxy is no address.
  Visitors(const Limits& limits, Random& random);
  static Result<void> check(const Limits& limits);

  // All of them refuse with "rate_limited".
  Result<Visit> arrive(const Address& peer, TimeMs now);
  // One that a proxy brought, once it is known whose it is.
  Result<Visit> arrive_forwarded(const Address& client);
  Result<void> ask(const Address& client, TimeMs now);
  Result<void> ask(const Identity& who, TimeMs now);
  Result<void> log_in(const Address& client, TimeMs now);

  // Whose request it is: the peer's, or, of trusted proxies, the last address in X-Forwarded-For that is
  // none.
  Address client_of(const Address& peer, std::string_view forwarded_for) const;
  bool is_proxy(const Address& peer) const;

  const Limits& limits() const { return limits_; }
  RateTable& viewers() { return viewers_; }
  // Memory for a body; false: there is none now.
  bool reserve(std::int64_t bytes);
  void release(std::int64_t bytes) { bodies_ -= bytes; }

  std::int64_t refused() const { return refused_; }  // connections and requests so far
  void count_cut_off() { ++refused_; }
  void count_given_way() { ++given_way_; }
  std::int64_t given_way() const { return given_way_; }  // open handshakes, to newer ones
  std::size_t addresses() const;                         // remembered now

 private:
  static Name name_of(const Address& address);
  Result<Visit> enter(const Address& address, bool open);
  void leave(Visit& visit);
  void greeted(Visit& visit);
  tl::unexpected<Error> refuse(const char* words);

  const Limits limits_;
  std::vector<Network> proxies_;
  RateTable requests_, keys_, logins_, viewers_;
  mutable std::mutex mutex_;
  Hosts hosts_;
  std::atomic<std::int64_t> bodies_{0}, refused_{0}, given_way_{0};
};

}  // namespace paytick::ingest::server
