#include "ingest/server/visitors.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "ingest/errors.h"

namespace paytick::ingest::server {
namespace {

constexpr std::int64_t kBurstSeconds = 4;
constexpr std::int64_t kSecondsPerMinute = 60;
constexpr std::size_t kBuckets = 64 * 1024;  // a megabyte a table
constexpr std::size_t kPrefixBytes = 8;      // of an IPv6 address: what one subscriber has

std::array<std::uint8_t, 16> bytes_of(const Address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  return boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

RateTable per_second(std::int64_t rate, const RateTable::Key& key) {
  return {rate * kSecondsPerMinute, rate * kBurstSeconds, kBuckets, key};
}

RateTable::Key made_by(Random& random) {
  RateTable::Key key{};
  random.fill(key);
  return key;
}

std::vector<Network> networks(const Limits& limits) {
  std::vector<Network> all;
  for (const std::string& text : limits.trusted_proxies)
    if (const auto network = Network::parse(text)) all.push_back(*network);
  return all;
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(text.substr(0, slash)), error);
  if (error) return std::nullopt;
  const unsigned most = address.is_v4() ? 32 : 128;
  unsigned bits = most;
  if (slash != text.npos) {
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + slash + 1, end, bits);
    if (parsed.ec != std::errc{} || parsed.ptr != end || bits > most) return std::nullopt;
  }
  return Network{bytes_of(address), bits + 128 - most};
}

bool Network::has(const Address& address) const {
  const auto other = bytes_of(address);
  const std::size_t whole = bits / 8;
  if (std::memcmp(bytes.data(), other.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - bits % 8));
  return (bytes[whole] & mask) == (other[whole] & mask);
}

std::size_t Visitors::NameHash::operator()(const Name& name) const {
  std::uint64_t high = 0, low = 0;
  std::memcpy(&high, name.bytes.data(), sizeof high);
  std::memcpy(&low, name.bytes.data() + sizeof high, sizeof low);
  return static_cast<std::size_t>((high * 0x9E3779B97F4A7C15U) ^ (low * 0xC2B2AE3D27D4EB4FU));
}

Visitors::Name Visitors::name_of(const Address& address) {
  Name name{bytes_of(address)};
  if (address.is_v6() && !address.to_v6().is_v4_mapped())
    std::fill(name.bytes.begin() + kPrefixBytes, name.bytes.end(), std::uint8_t{0});
  return name;
}

Visitors::Visitors(const Limits& limits, Random& random)
    : limits_(limits),
      proxies_(networks(limits)),
      requests_(per_second(limits.requests_per_address, made_by(random))),
      keys_(per_second(limits.requests_per_key, made_by(random))),
      logins_(limits.logins_per_address, limits.logins_per_address, kBuckets, made_by(random)),
      viewers_(per_second(limits.messages_per_viewer, made_by(random))) {}

Result<void> Visitors::check(const Limits& limits) {
  for (const std::string& text : limits.trusted_proxies) {
    if (!Network::parse(text))
      return fail("bad_config", "'" + text + "' is no address of a proxy: 192.0.2.1 or 10.0.0.0/8 is wanted.",
                  Next::fatal);
  }
  return {};
}

tl::unexpected<Error> Visitors::refuse(const char* words) {
  ++refused_;
  return fail(code::kRateLimited, words, Next::retry);
}

bool Visitors::is_proxy(const Address& peer) const {
  return std::ranges::any_of(proxies_, [&](const Network& network) { return network.has(peer); });
}

Result<Visitors::Visit> Visitors::enter(const Address& address, bool open) {
  Visit visit;
  if (limits_.connections_per_address <= 0 && limits_.handshakes_per_address <= 0) return visit;
  const Name name = name_of(address);
  const std::lock_guard lock(mutex_);
  const auto it = hosts_.try_emplace(name).first;
  Host& host = it->second;
  if (limits_.connections_per_address > 0 && host.connections >= limits_.connections_per_address)
    return refuse("Too many connections from this address; close some.");
  if (open && limits_.handshakes_per_address > 0 && host.handshakes >= limits_.handshakes_per_address)
    return refuse("Too many connections from this address that have asked for nothing yet.");
  ++host.connections;
  if (open) ++host.handshakes;
  visit.visitors_ = this;
  visit.host_ = &*it;
  visit.open_ = open;
  return visit;
}

void Visitors::leave(Visit& visit) {
  const std::lock_guard lock(mutex_);
  Host& host = visit.host_->second;
  if (visit.open_) --host.handshakes;
  if (--host.connections == 0) hosts_.erase(visit.host_->first);
}

void Visitors::greeted(Visit& visit) {
  const std::lock_guard lock(mutex_);
  visit.open_ = false;
  --visit.host_->second.handshakes;
}

Result<Visitors::Visit> Visitors::arrive(const Address& peer, TimeMs now) {
  if (is_proxy(peer)) return Visit();
  if (!requests_.take(name_of(peer).bytes, now))
    return refuse("Too many requests from this address; slow down.");
  return enter(peer, true);
}

Result<Visitors::Visit> Visitors::arrive_forwarded(const Address& client) { return enter(client, false); }

Result<void> Visitors::ask(const Address& client, TimeMs now) {
  if (requests_.take(name_of(client).bytes, now)) return {};
  return refuse("Too many requests from this address; slow down.");
}

Result<void> Visitors::ask(const Identity& who, TimeMs now) {
  if (who.role == Role::nobody) return {};
  const bool taken = who.is_viewer() ? keys_.take(who.account.bytes, now) : keys_.take(who.key_id, now);
  if (taken) return {};
  return refuse("Too many requests with this key; slow down.");
}

Result<void> Visitors::log_in(const Address& client, TimeMs now) {
  if (logins_.take(name_of(client).bytes, now)) return {};
  return refuse("Too many logins from this address; wait a minute.");
}

Address Visitors::client_of(const Address& peer, std::string_view forwarded_for) const {
  Address client = peer;
  while (!forwarded_for.empty() && is_proxy(client)) {
    const auto comma = forwarded_for.rfind(',');
    std::string_view last = comma == forwarded_for.npos ? forwarded_for : forwarded_for.substr(comma + 1);
    forwarded_for = comma == forwarded_for.npos ? std::string_view{} : forwarded_for.substr(0, comma);
    while (last.starts_with(' ') || last.starts_with('\t')) last.remove_prefix(1);
    while (last.ends_with(' ') || last.ends_with('\t')) last.remove_suffix(1);
    boost::system::error_code error;
    const auto next = boost::asio::ip::make_address(std::string(last), error);
    if (error) break;
    client = next;
  }
  return client;
}

bool Visitors::reserve(std::int64_t bytes) {
  if ((bodies_ += bytes) <= limits_.bodies_bytes || limits_.bodies_bytes <= 0) return true;
  bodies_ -= bytes;
  ++refused_;
  return false;
}

std::size_t Visitors::addresses() const {
  const std::lock_guard lock(mutex_);
  return hosts_.size();
}

}  // namespace paytick::ingest::server
