#include "app/roles/identity.h"

#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "app/atomic_file.h"
#include "app/json.h"

namespace paytick::app {
namespace {

std::string to_hex(const ingest::ResumeTokens::Key& key) {
  std::string text(key.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), key.data(), key.size());
  text.pop_back();
  return text;
}

bool from_hex(const std::string& text, ingest::ResumeTokens::Key& key) {
  std::size_t n = 0;
  return sodium_hex2bin(key.data(), key.size(), text.data(), text.size(), nullptr, &n, nullptr) == 0 &&
         n == key.size();
}

bool parse(const std::string& text, Identity& identity) {
  const auto members = read_string_members(text);
  if (!members || !members->contains("gateway") || !members->contains("boot") ||
      !members->contains("resumeKey"))
    return false;
  const auto gateway = parse_id<GatewayId>(members->at("gateway"));
  if (!gateway || !from_hex(members->at("resumeKey"), identity.resume_key)) return false;
  identity.gateway = *gateway;
  identity.boot = std::strtoull(members->at("boot").c_str(), nullptr, 10);
  return identity.boot > 0;
}

}  // namespace

Result<Identity> next_identity(const std::filesystem::path& file, Random& random, TimeMs now) {
  Identity identity;
  if (std::filesystem::exists(file)) {
    std::stringstream content;
    content << std::ifstream(file).rdbuf();
    if (!parse(content.str(), identity))
      return fail("identity_corrupt",
                  file.string() + " cannot be read; restore it, or remove it to start as a new gateway",
                  Next::fatal);
  } else {
    identity.gateway = random.id<GatewayId>();
    random.fill(identity.resume_key);
  }
  identity.boot = std::max(identity.boot + 1, static_cast<std::uint64_t>(now.ms));

  JsonObject json;
  json.add("gateway", to_text(identity.gateway));
  json.add("boot", std::to_string(identity.boot));
  json.add("resumeKey", to_hex(identity.resume_key));
  if (auto written = write_private_file(file, json.text()); !written) return tl::unexpected(written.error());
  return identity;
}

}  // namespace paytick::app
